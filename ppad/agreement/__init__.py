"""How far raters agree, and what a process would score with their severity taken out."""
