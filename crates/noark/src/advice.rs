//! Advice: what could be better before publishing. It does not change the verdict.

use crate::finding::{Finding, Rule};
use crate::graph::{Graph, Node, Term};
use crate::kvittering::Valideringsfeil;
use crate::size::{PAYLOAD_BYTES_RECOMMENDED, wire_bytes};
use crate::validate::Settings;
use crate::vocabulary::{ARKIV, is_a};

/// Advice on a publication of so many bytes.
pub(crate) fn published(
    graph: &Graph,
    bytes: usize,
    settings: &Settings,
    advice: &mut Vec<Finding>,
) {
    if bytes > PAYLOAD_BYTES_RECOMMENDED {
        let finding = Finding::warning(Rule::ForStorMelding);
        let finding = finding.value(wire_bytes(bytes).to_string());
        let most = wire_bytes(PAYLOAD_BYTES_RECOMMENDED).to_string();
        advice.push(finding.expected(most));
    }
    for node in graph.nodes() {
        if withheld_without_law(graph, node) {
            let finding = Finding::warning(Rule::SkjermingUtenHjemmel);
            let finding = finding.focus(graph.name(node.name));
            advice.push(finding.path(format!("{ARKIV}skjermingshjemmel")));
        }
        for complaint in &settings.complaints {
            if applies(graph, node, complaint) {
                let finding = Finding::warning(Rule::MeldtAvEinnsyn);
                let finding = finding.focus(graph.name(node.name));
                let finding = finding.path(complaint.attributt.clone());
                advice.push(finding.note(&complaint.feilmelding));
            }
        }
    }
}

fn withheld_without_law(graph: &Graph, node: &Node) -> bool {
    let withheld = graph.find_arkiv("unntattOffentlighet").map(Term::Node);
    withheld.is_some_and(|withheld| {
        graph
            .values(node, "tilgangsrestriksjon")
            .contains(&withheld)
            && graph.values(node, "skjermingshjemmel").is_empty()
    })
}

/// Whether what eInnsyn complained of elsewhere is so here too: the property is not
/// there, or points to what is not.
fn applies(graph: &Graph, node: &Node, complaint: &Valideringsfeil) -> bool {
    let class = complaint.element_type.strip_prefix(ARKIV);
    let class = class.unwrap_or(&complaint.element_type);
    let mut types = graph.types(node).map(|t| graph.local(t));
    if !types.any(|t| is_a(t, class)) {
        return false;
    }
    let property = graph.find(&complaint.attributt);
    let values = property.map_or(&[][..], |property| node.values(property));
    let points_nowhere = |value: &Term| {
        let name = value.node().map(|name| (name, graph.name(name)));
        name.is_some_and(|(node, name)| {
            !name.starts_with(ARKIV) && graph.node(node).is_none()
        })
    };
    values.is_empty() || values.iter().any(points_nowhere)
}
