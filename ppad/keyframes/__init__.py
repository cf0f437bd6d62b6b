"""From an opened recording to its key frames: which frames are looked at, and which are kept."""
