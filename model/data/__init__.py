"""EEG to samples: a recording through formats, sets, signal and folds."""
