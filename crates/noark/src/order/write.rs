//! Write order.xml as eInnsyn does.

use super::{NAMESPACE_V2, Order, Ordered, Version, norwegian};

impl Order {
    /// Write it as XML.
    pub fn write(&self, version: Version) -> String {
        let mut out = Lines::default();
        out.raw("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>");
        match version {
            Version::V1 => out.open("bestilling"),
            Version::V2 => {
                out.raw(&format!("<ein:bestilling xmlns:ein=\"{NAMESPACE_V2}\">"));
                out.depth += 1;
            }
        }
        out.element("id", &self.id);
        match version {
            Version::V1 => self.head_v1(&mut out),
            Version::V2 => self.head_v2(&mut out),
        }
        out.open("kontaktinfo");
        let way = self.forsendelsesmaate.as_deref().unwrap_or("e-post");
        out.element("forsendelsesmåte", way);
        if version == Version::V1 {
            // Empty on purpose: nobody need say who asks.
            for name in ["navn", "organisasjon", "land"] {
                out.element(name, "");
            }
        }
        out.element("e-post", &self.epost);
        if version == Version::V2 {
            out.element("språk", self.spraak.as_deref().unwrap_or("nb_NO"));
        }
        out.close("kontaktinfo");
        out.open("dokumenter");
        for document in &self.documents {
            document.write(version, &mut out);
        }
        out.close("dokumenter");
        match version {
            Version::V1 => out.close("bestilling"),
            Version::V2 => out.close("ein:bestilling"),
        }
        out.text
    }

    fn head_v1(&self, out: &mut Lines) {
        out.element("bestillingsdato", &norwegian(&self.date));
        out.open("til");
        out.element("enhet", &self.enhet);
        out.optional("enhetepost", self.enhetepost.as_ref());
        out.close("til");
        out.element(
            "innsynskravepost",
            self.innsynskravepost.as_deref().unwrap_or_default(),
        );
    }

    fn head_v2(&self, out: &mut Lines) {
        out.element("bestillingsdato", &self.date);
        out.open("til");
        out.element("virksomhet", &self.enhet);
        out.element("orgnr", self.orgnr.as_deref().unwrap_or_default());
        out.element(
            "innsynskravepost",
            self.innsynskravepost.as_deref().unwrap_or_default(),
        );
        out.optional("enhetepost", self.enhetepost.as_ref());
        out.close("til");
    }
}

impl Ordered {
    fn write(&self, version: Version, out: &mut Lines) {
        out.open("dokument");
        if version == Version::V2 {
            if self.arkiv.is_some() || self.arkivdel.is_some() {
                out.open("fagsysteminfo");
                out.optional("id", self.arkiv.as_ref());
                out.optional("delId", self.arkivdel.as_ref());
                out.close("fagsysteminfo");
            }
            out.element("id", self.id.as_deref().unwrap_or_default());
            out.optional("systemId", self.system_id.as_ref());
        }
        out.element("saksnr", &self.saksnr);
        out.element("dokumentnr", &self.dokumentnr);
        out.element("journalnr", &self.journalnr);
        out.optional("saksbehandler", self.saksbehandler.as_ref());
        if version == Version::V2 {
            out.optional("admEnhet", self.adm_enhet.as_ref());
        }
        out.close("dokument");
    }
}

/// Lines, indented by four spaces a level.
#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn raw(&mut self, line: &str) {
        self.text += &"    ".repeat(self.depth);
        self.text += line;
        self.text.push('\n');
    }

    fn open(&mut self, name: &str) {
        self.raw(&format!("<{name}>"));
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.raw(&format!("</{name}>"));
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw(&format!("<{name}>{}</{name}>", escape(text)));
    }

    fn optional(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.element(name, text);
        }
    }
}

/// Text that is safe between tags. What XML cannot carry at all is left out.
fn escape(text: &str) -> String {
    let legal = |c: &char| !c.is_control() || ['\n', '\r', '\t'].contains(c);
    let text: String = text.chars().filter(legal).collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\r', "&#13;")
}
