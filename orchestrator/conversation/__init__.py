"""Questions about one study, answered from what was found, and from nothing else."""
