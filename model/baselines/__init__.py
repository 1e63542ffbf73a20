"""What LSNNet is compared with: majority class and SVM, the ANN twin, EEGNet."""
