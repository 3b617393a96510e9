"""The figures of the language line: what is released, what the checks find, what the model says before them.

It stands here because it looks at both sides of the contract: at the checks of ``orchestrator`` and at the model, the
simulated studies and the template reports of ``services.language``. ``services.language.evaluate`` runs it.
"""
