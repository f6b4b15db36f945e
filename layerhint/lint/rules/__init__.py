"""The rules, one a file: what each looks at is in `layerhint.lint.cases`."""
