"""What the training scripts beside the specialists share: films, augmentation, statistics, the weights folder."""
