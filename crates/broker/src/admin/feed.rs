//! Entries and feeds: ATOM around what is said of a queue or of the whole.

use jiff::Timestamp;

use super::description::{CONNECT, element, escaped, time, write};
use crate::queue::Queue;

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// What an answer is written for: where the client believes us to be, and when.
pub(super) struct Place<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) now: Timestamp,
    /// The largest message that any queue takes.
    pub(super) message_bytes_max: usize,
}

impl Place<'_> {
    /// One queue.
    pub(super) fn queue(&self, queue: &Queue) -> String {
        let name = queue.name.as_str();
        let times = (queue.created_at, queue.updated_at);
        self.entry(name, name, times, &write(queue, self.message_bytes_max))
    }

    /// Queues, and where the next ones are when there are more.
    pub(super) fn feed(
        &self,
        title: &str,
        queues: &[Queue],
        next: Option<&str>,
    ) -> String {
        let mut xml = self.open("feed", title, &format!("$Resources/{title}"));
        element(&mut xml, "updated", &time(self.now));
        if let Some(next) = next {
            let at = escaped(&self.address(next));
            xml += &format!("<link rel=\"next\" href=\"{at}\"/>");
        }
        for queue in queues {
            xml += &self.queue(queue);
        }
        xml + "</feed>"
    }

    /// The whole. It is like Azure's larger kind, whose messages may be large.
    pub(super) fn namespace(&self, since: Timestamp) -> String {
        let name = self.host.split(['.', ':']).next().unwrap_or_default();
        let mut xml = format!("<NamespaceInfo xmlns=\"{CONNECT}\"><Alias/>");
        element(&mut xml, "CreatedTime", &time(since));
        element(&mut xml, "MessagingSKU", "Premium");
        element(&mut xml, "MessagingUnits", "1");
        element(&mut xml, "ModifiedTime", &time(since));
        element(&mut xml, "Name", name);
        element(&mut xml, "NamespaceType", "Messaging");
        xml += "</NamespaceInfo>";
        self.entry(name, "$namespaceinfo", (since, since), &xml)
    }

    fn address(&self, path: &str) -> String {
        format!("{}://{}/{path}", self.scheme, self.host)
    }

    fn entry(
        &self,
        title: &str,
        path: &str,
        (published, updated): (Timestamp, Timestamp),
        content: &str,
    ) -> String {
        let mut xml = self.open("entry", title, path);
        element(&mut xml, "published", &time(published));
        element(&mut xml, "updated", &time(updated));
        xml += "<author><name>sendebud</name></author>";
        xml + &format!("<content type=\"application/xml\">{content}</content></entry>")
    }

    fn open(&self, kind: &str, title: &str, path: &str) -> String {
        let at = escaped(&self.address(path));
        let mut xml = format!("<{kind} xmlns=\"{ATOM}\">");
        element(&mut xml, "id", &at);
        xml += &format!("<title type=\"text\">{}</title>", escaped(title));
        xml + &format!("<link rel=\"self\" href=\"{at}\"/>")
    }
}
