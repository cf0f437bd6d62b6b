"""A table and a folder of pictures become a collection of finished artworks with their ratings."""
