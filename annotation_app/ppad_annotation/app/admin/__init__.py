"""The board of those who run a campaign."""
