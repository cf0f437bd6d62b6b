"""The campaign: raters, items, leases, ratings. It knows neither Gradio nor the web; time comes in as an argument."""
