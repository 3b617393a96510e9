"""The radiologist's page: what it shows of a study, and in ``page/`` the page itself.

``page/`` is static: ES modules and style sheets as the browser reads them, no build step, nothing from elsewhere.
The Python beside it says what is hung, what is laid over it, and in which order studies wait.
"""
