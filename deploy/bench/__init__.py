"""``make bench``: how fast this checkout is on this machine, as ratios that travel between machines."""
