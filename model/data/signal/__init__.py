"""A signal on its way to features: conditioning, features per frame, smoothing along frames."""
