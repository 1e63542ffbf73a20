"""Live use: raw EEG in, block by block, class out, in fixed memory; the integers are those of batch on the same EEG."""
