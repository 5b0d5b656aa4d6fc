"""The demo provider: a real HTTP server that speaks GPTunnel's Media API and draws.

It stands alone: nothing here imports the rest of the gallery, which knows it only as a URL.
"""
