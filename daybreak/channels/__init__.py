"""How to speak: one module a transport. They know no database and never try again."""
