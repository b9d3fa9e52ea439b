//! The envelope: Standard Business Documents and the business messages in them.
