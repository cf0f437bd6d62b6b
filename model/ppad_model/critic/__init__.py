"""The critic: a vision-language model that scores and says why (`ppad critic`)."""
