//! What eInnsyn carries: publication data (JSON-LD), order.xml, kvittering. Parse, check, explain.
