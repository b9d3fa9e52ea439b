//! A stand-in for einnsyn.no: search what was published, order access, send the kvittering.
