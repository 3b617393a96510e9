"""Measures the conversation: questions, resistance, injection, retrieval, cross-talk, audiences."""
