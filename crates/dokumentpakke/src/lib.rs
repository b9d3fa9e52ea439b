//! Seal and open a dokumentpakke: ASiC-E inside CMS. Keys, certificates, trust.
