"""Names of files that are taken for recordings."""

VIDEO_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .wmv .asf .flv .f4v .mpg .mpeg .m2v .ts .mts .m2ts .vob .ogv .3gp .3g2 .mxf .dv .rm .rmvb "
    ".gif .apng .webp .mjpeg .y4m".split()
)
"""Names that are taken for recordings when a folder is searched; any file may be named outright."""
