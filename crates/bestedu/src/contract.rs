//! The contract as others read it: WSDL and schemas of our own writing.

const WSDL: &str = include_str!("contract/noarkExchange.wsdl");
const EXCHANGE: &str = include_str!("contract/exchange.xsd");
const NOARK: &str = include_str!("contract/noark.xsd");

/// Where the WSDL and the schemas name the address that they are asked for at.
const ADDRESS: &str = "ADDRESS";

/// The WSDL, for whoever calls at this address.
pub fn wsdl(address: &str) -> String {
    placed(WSDL, address)
}

/// A schema by the name that the WSDL gives it: `exchange` or `noark`.
pub fn schema(name: &str, address: &str) -> Option<String> {
    match name {
        "exchange" => Some(placed(EXCHANGE, address)),
        "noark" => Some(placed(NOARK, address)),
        _ => None,
    }
}

fn placed(text: &str, address: &str) -> String {
    let mut escaped = String::with_capacity(address.len());
    crate::print::escape(address, &mut escaped);
    text.replace(ADDRESS, &escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::melding::{Avsmot, Dokument, Journpost, Noarksak};

    /// > Sample structures and the table of wire-format §10.1
    #[test]
    fn the_schema_has_every_field_that_is_read_and_no_other() {
        let fields = [
            Journpost::FIELDS,
            Avsmot::FIELDS,
            Dokument::FIELDS,
            Noarksak::FIELDS,
        ];
        let fields: Vec<&str> = fields.concat();
        let names: Vec<&str> = NOARK
            .split("<xs:element name=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        for field in &fields {
            let last = field.rsplit('/').next().unwrap();
            assert!(names.contains(&last), "{field} is not in the schema");
        }
        const WHOLE: &[&str] = &[
            "Melding",
            "journpost",
            "noarksak",
            "avsmot",
            "tilleggsinfo",
            "dokument",
            "fil",
            "base64",
            "klassering",
            "sakspart",
        ];
        for name in names {
            assert!(fields.contains(&name) || WHOLE.contains(&name), "{name}");
        }
    }

    #[test]
    fn the_address_is_the_callers() {
        let wsdl = wsdl("https://sak.example/a?b&c");
        assert!(wsdl.contains("location=\"https://sak.example/a?b&amp;c\""));
        assert!(!wsdl.contains(ADDRESS) && schema("annet", "").is_none());
    }
}
