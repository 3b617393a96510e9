"""The parts of wetread on one machine: started, watched, restarted, and gone when asked.

``python -m deploy.local.supervisor`` is what ``wetread up`` leaves running; :mod:`deploy.local.control` is how
anything else starts it, asks it and ends it.
"""
