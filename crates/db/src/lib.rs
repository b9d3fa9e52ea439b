//! One database, one writer: transactions that share a commit, readers beside them, migrations.
