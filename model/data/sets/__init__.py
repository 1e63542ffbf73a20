"""The data sets, one reader a file, and what several of them share."""
