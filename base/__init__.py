"""What every room stands on: errors, files, progress, records. Nothing here knows of networks or hardware."""
