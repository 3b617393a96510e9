"""Many studies, parts that are killed, receivers that misbehave: is anything lost, is anything doubled?

``python -m deploy.endurance`` runs it; ``campaign.py`` is what happens, ``receivers.py`` who receives, ``verdict.py``
what was to arrive.
"""
