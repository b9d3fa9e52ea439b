//! A partial change: laid over what was published last, so that it is sent whole.
//!
//! > Update = full replacement (einnsyn §4.2)

use noark::graph::Graph;
use noark::{document, overlay, validate};

use super::judge::{Plan, of};
use crate::ledger::published;
use crate::{Error, Klient};

/// What something is where nothing says more.
const UNKNOWN_CLASS: &str = "Registrering";

impl Klient {
    /// Every registrering that is published with one of the objects that the change
    /// speaks of, with the change laid over it.
    pub(super) async fn change(
        &self,
        change: &Graph,
        settings: &noark::Settings,
    ) -> Result<Result<Plan, String>, Error> {
        let named = change.nodes().iter().map(|node| node.name);
        let named = named.filter(|name| !change.is_blank(*name));
        let named = named.map(|name| change.name(name).to_owned()).collect();
        let mut plan = Plan {
            reports: Vec::new(),
            parts: Vec::new(),
            added: Vec::new(),
        };
        for (iri, payload) in published::with(&self.db, named).await? {
            let Ok(base) = document(&payload) else {
                continue;
            };
            let whole = overlay(&base.graph, change);
            let mut parts = self.parts(&whole, |head| head == iri);
            for part in &parts {
                plan.reports
                    .push(validate("payload.jsonld", &part.payload, settings));
            }
            plan.parts.append(&mut parts);
            plan.added.push(iri);
        }
        if plan.parts.is_empty() {
            return Ok(Err("Filen endrer noe som ikke er publisert herfra. En ny \
                           registrering skal ikke ha .endring. i navnet."
                .into()));
        }
        Ok(Ok(plan))
    }

    /// Send everything that is published once more, as a file of its own. Answers its
    /// name, unless nothing is published.
    pub async fn resend(&self) -> Result<Option<String>, Error> {
        let mut whole = Graph::default();
        let mut any = false;
        for (_, file, number) in published::all(&self.db).await? {
            let payload = crate::ledger::part::payload(&self.db, &file, number).await?;
            if let Ok(one) = document(&payload) {
                whole = overlay(&whole, &one.graph);
                any = true;
            }
        }
        if !any {
            return Ok(None);
        }
        let name = format!("gjensending-{}.jsonld", self.clock.now().as_second());
        let text = noark::write_jsonld(&of(whole));
        self.folders
            .write(crate::files::Folder::Inn, &name, text.as_bytes())?;
        Ok(Some(name))
    }

    /// Withdraw what is published under these IRIs, by a file of its own. Answers its
    /// name; none is written when one of them is published neither from here nor by the
    /// client that was here before.
    pub async fn withdraw(&self, iris: &[String]) -> Result<Option<String>, Error> {
        let mut all = Vec::new();
        for iri in iris {
            let found = published::with(&self.db, vec![iri.clone()]).await?;
            let Some((_, payload)) = found.into_iter().find(|(head, _)| head == iri)
            else {
                if published::was_before(&self.db, iri.clone()).await? {
                    all.push((iri.clone(), UNKNOWN_CLASS.to_owned()));
                    continue;
                }
                return Ok(None);
            };
            let read = document(&payload).map_err(|e| Error::Ledger(e.to_string()))?;
            let graph = &read.graph;
            let node = graph.find(iri).and_then(|name| graph.node(name));
            let class = node.and_then(|node| graph.types(node).next());
            let class = class.map_or(UNKNOWN_CLASS, |class| graph.local(class));
            all.push((iri.clone(), class.to_owned()));
        }
        let id = self.random.uuid().to_string();
        let document = noark::withdrawal(&noark::withdrawal_graph(&id), &all);
        let name = format!("trekk-{id}.jsonld");
        let text = noark::write_jsonld(&document);
        self.folders
            .write(crate::files::Folder::Inn, &name, text.as_bytes())?;
        Ok(Some(name))
    }
}
