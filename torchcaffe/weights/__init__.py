"""Copies params between nets and caffemodels, and checks that a net got what it needs."""
