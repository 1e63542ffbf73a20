"""Files to arrays: EDF, MATLAB, pickles. What a header says is read here and held to the file."""
