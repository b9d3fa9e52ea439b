//! The header of an SBD, member by member as on the wire.
//!
//! Every member is optional here, because nothing is enforced on what comes from a
//! peer; what a caller must give is checked where callers are.

use serde::{Deserialize, Serialize};

use crate::WireTime;
use crate::lenient::{scalar, text};

macro_rules! wire {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }
    )* };
}

wire! {
    /// `standardBusinessDocumentHeader`.
    Header {
        /// Normally `1.0`; not looked at.
        #[serde(deserialize_with = "text")]
        header_version: String,
        /// At most one.
        sender: Vec<Partner>,
        /// At most one.
        receiver: Vec<Partner>,
        /// What the document is.
        document_identification: DocumentIdentification,
        /// Not used by this service.
        manifest: Manifest,
        /// Conversation, process, references.
        business_scope: BusinessScope,
    }

    /// A sender or receiver.
    Partner {
        /// Who.
        identifier: Identifier,
        /// Whom to ask; left out when empty.
        contact_information: Vec<ContactInformation>,
    }

    /// An identifier under an authority.
    Identifier {
        /// `0192:<organisation>`.
        #[serde(deserialize_with = "text")]
        value: String,
        /// `iso6523-actorid-upis`.
        #[serde(deserialize_with = "text")]
        authority: String,
    }

    /// A person or office to ask.
    ContactInformation {
        /// Name.
        #[serde(deserialize_with = "text")]
        contact: String,
        /// E-mail.
        #[serde(deserialize_with = "text")]
        email_address: String,
        /// Fax.
        #[serde(deserialize_with = "text")]
        fax_number: String,
        /// Telephone.
        #[serde(deserialize_with = "text")]
        telephone_number: String,
        /// Kind of contact.
        #[serde(deserialize_with = "text")]
        contact_type_identifier: String,
    }

    /// `documentIdentification`.
    DocumentIdentification {
        /// The document type's URN, ending in `::<type>`.
        #[serde(deserialize_with = "text")]
        standard: String,
        /// Free text; never looked at.
        #[serde(deserialize_with = "text")]
        type_version: String,
        /// The message's id.
        #[serde(deserialize_with = "text")]
        instance_identifier: String,
        /// The name of the business message.
        #[serde(rename = "type")]
        #[serde(deserialize_with = "text")]
        kind: String,
        /// Practically never present.
        #[serde(deserialize_with = "scalar")]
        multiple_type: bool,
        /// When it was made.
        #[serde(deserialize_with = "WireTime::read")]
        creation_date_and_time: WireTime,
    }

    /// `manifest`: unused by this service, carried.
    Manifest {
        /// How many.
        #[serde(deserialize_with = "scalar")]
        number_of_items: i64,
        /// The items.
        manifest_item: Vec<ManifestItem>,
    }

    /// An item of the manifest.
    ManifestItem {
        /// Media type.
        #[serde(deserialize_with = "text")]
        mime_type_qualifier_code: String,
        /// Where.
        #[serde(deserialize_with = "text")]
        uniform_resource_identifier: String,
        /// What.
        #[serde(deserialize_with = "text")]
        description: String,
        /// In which language.
        #[serde(deserialize_with = "text")]
        language_code: String,
    }

    /// `businessScope`.
    BusinessScope {
        /// At least one.
        scope: Vec<Scope>,
    }

    /// One scope.
    Scope {
        /// `ConversationId`, `SenderRef` …
        #[serde(rename = "type")]
        #[serde(deserialize_with = "text")]
        kind: String,
        /// The conversation's id, or the reference.
        #[serde(deserialize_with = "text")]
        instance_identifier: String,
        /// In the ConversationId scope: the process.
        #[serde(deserialize_with = "text")]
        identifier: String,
        /// Deadlines; only the first counts. Left out when empty.
        scope_information: Vec<CorrelationInformation>,
    }

    /// `scopeInformation`.
    CorrelationInformation {
        /// Unused.
        #[serde(deserialize_with = "WireTime::read")]
        requesting_document_creation_date_time: WireTime,
        /// Unused.
        #[serde(deserialize_with = "text")]
        requesting_document_instance_identifier: String,
        /// When levetid runs out.
        #[serde(deserialize_with = "WireTime::read")]
        expected_response_date_time: WireTime,
    }
}

impl Header {
    /// The scope of this type, by either of its spellings.
    pub fn scope(&self, kind: &str) -> Option<&Scope> {
        let scopes = self.business_scope.as_ref()?.scope.as_ref()?;
        scopes.iter().find(|scope| scope.is(kind))
    }

    /// Drop lists that say nothing, as the Java writer does.
    pub(crate) fn tidy(&mut self) {
        for partners in [&mut self.sender, &mut self.receiver] {
            for partner in partners.iter_mut().flatten() {
                partner.contact_information.take_if(|list| list.is_empty());
            }
        }
        let scopes = self.business_scope.as_mut().and_then(|b| b.scope.as_mut());
        for scope in scopes.into_iter().flatten() {
            scope.scope_information.take_if(|list| list.is_empty());
        }
    }
}

impl Scope {
    /// Whether it is of the type, as `ConversationId` or as `CONVERSATION_ID`.
    pub fn is(&self, kind: &str) -> bool {
        let own = self.kind.as_deref().unwrap_or_default();
        own == kind || own == shout(kind)
    }
}

/// `ConversationId` → `CONVERSATION_ID`.
fn shout(kind: &str) -> String {
    let mut text = String::with_capacity(kind.len() + 2);
    for (i, c) in kind.chars().enumerate() {
        if i > 0 && c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}
