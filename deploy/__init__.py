"""How wetread is installed, started and deployed."""
