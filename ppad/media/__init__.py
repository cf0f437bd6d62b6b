"""Pictures and recordings: whatever comes in leaves as upright 8-bit sRGB pixels."""
