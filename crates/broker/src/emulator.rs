//! The `config.json` of Microsoft's emulator: which queues there are, and who may use
//! them. It may hold comments and commas too many, as people's own files do.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;
use crate::queue::QueueName;
use crate::settings::{Declared, Policy, Properties, Right, Settings};

/// The policy and the key that the emulator has, and that its users have written down.
const POLICY: (&str, &str) = ("RootManageSharedAccessKey", "SAS_KEY_VALUE");

/// What such a file says.
#[derive(Debug, Clone)]
pub struct Emulated {
    /// Queues that there are from the start.
    pub queues: Vec<Declared>,
    /// Named keys.
    pub policies: Vec<Policy>,
    /// What the file asks for and is left out, one sentence each.
    pub left_out: Vec<String>,
}

impl Emulated {
    /// Read the file's text.
    ///
    /// What we do not have (topics; queues with sessions; queues that forward) is left
    /// out, with words: whoever brings a file along can use the rest. Fails on what is
    /// no such file, and on a property that cannot be: then nothing would be as asked.
    pub fn read(text: &str) -> Result<Self, Error> {
        let file: File = serde_json::from_str(&plain(text)).map_err(|e| {
            Error::Settings(format!("{e}; expected the emulator's config.json"))
        })?;
        let [namespace] = <[Namespace; 1]>::try_from(file.user_config.namespaces)
            .map_err(|all| {
                let count = all.len();
                Error::Settings(format!(
                    "UserConfig.Namespaces has {count} namespaces; expected one, as the \
                     emulator does"
                ))
            })?;
        let mut read = Self {
            queues: Vec::new(),
            policies: vec![Policy {
                name: POLICY.0.into(),
                key: POLICY.1.into(),
                secondary_key: None,
                rights: vec![Right::Manage],
            }],
            left_out: Vec::new(),
        };
        if let Some(rules) = namespace.authorization_rules {
            read.policies = rules.into_iter().map(Policy::from).collect();
        }
        for queue in namespace.queues {
            read.queue(queue)?;
        }
        for topic in namespace.topics {
            let name = topic.get("Name").and_then(Value::as_str).unwrap_or("?");
            read.left_out.push(format!(
                "topic {name} is left out: topics and subscriptions are not implemented; \
                 its clients are told that it does not exist"
            ));
        }
        Ok(read)
    }

    fn queue(&mut self, queue: Queue) -> Result<(), Error> {
        let name = &queue.name;
        let wrong = |error: Error| Error::Settings(format!("queue {name}: {error}"));
        let policies = queue.authorization_rules.into_iter().map(Policy::from);
        let pairs = queue
            .properties
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => (name, text),
                other => (name, other.to_string()),
            });
        match Properties::new(pairs.collect()) {
            Ok(properties) => self.queues.push(Declared {
                name: name.parse::<QueueName>().map_err(wrong)?,
                properties,
                policies: policies.collect(),
            }),
            Err(Error::NotImplemented(what)) => self.left_out.push(format!(
                "queue {name} is left out: it asks for {what}; its clients are told that \
                 it does not exist"
            )),
            Err(error) => return Err(wrong(error)),
        }
        Ok(())
    }

    /// Settings of a broker with these and, for the rest, what is given. Queues are not
    /// made by being used: the emulator's are not either.
    pub fn over(self, mut settings: Settings) -> Settings {
        settings.queues = self.queues;
        settings.policies = self.policies;
        settings.first_use.names = Vec::new();
        settings
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    user_config: UserConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserConfig {
    namespaces: Vec<Namespace>,
    /// Where the emulator writes its own log; ours goes where `SENDEBUD_LOG` says.
    #[serde(default, rename = "Logging")]
    _logging: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Namespace {
    #[serde(default, rename = "Name")]
    _name: String,
    #[serde(default)]
    queues: Vec<Queue>,
    #[serde(default)]
    topics: Vec<Map<String, Value>>,
    /// Ours: the emulator knows one policy only.
    authorization_rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Queue {
    name: String,
    #[serde(default)]
    properties: Map<String, Value>,
    /// Ours, as above.
    #[serde(default)]
    authorization_rules: Vec<Rule>,
}

/// A policy under the names of Azure's own schema.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    key_name: String,
    primary_key: SecretString,
    secondary_key: Option<SecretString>,
    rights: Vec<RuleRight>,
}

#[derive(Deserialize)]
enum RuleRight {
    Listen,
    Send,
    Manage,
}

impl From<Rule> for Policy {
    fn from(rule: Rule) -> Self {
        let right = |right| match right {
            RuleRight::Listen => Right::Listen,
            RuleRight::Send => Right::Send,
            RuleRight::Manage => Right::Manage,
        };
        Self {
            name: rule.key_name,
            key: rule.primary_key,
            secondary_key: rule.secondary_key,
            rights: rule.rights.into_iter().map(right).collect(),
        }
    }
}

/// JSON without comments and without a comma before what closes; blanks instead, so
/// that places in the text stay what they are.
fn plain(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut comma = None;
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('"', _) => {
                comma = None;
                out.push(c);
                string(&mut rest, &mut out);
            }
            ('/', Some('/')) => {
                out.push(' ');
                while let Some(c) = rest.next_if(|c| *c != '\n') {
                    out.push(blank(c));
                }
            }
            ('/', Some('*')) => {
                out.push(' ');
                let mut last = ' ';
                for c in rest.by_ref() {
                    out.push(blank(c));
                    if (last, c) == ('*', '/') {
                        break;
                    }
                    last = c;
                }
            }
            (',', _) => {
                comma = Some(out.len());
                out.push(c);
            }
            (']' | '}', _) => {
                if let Some(at) = comma.take() {
                    out[at] = ' ';
                }
                out.push(c);
            }
            (c, _) => {
                if !c.is_whitespace() {
                    comma = None;
                }
                out.push(c);
            }
        }
    }
    out.into_iter().collect()
}

/// The rest of a string, through the quotation mark that ends it.
fn string(rest: &mut impl Iterator<Item = char>, out: &mut Vec<char>) {
    let mut escaped = false;
    for c in rest {
        out.push(c);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return,
            _ => {}
        }
    }
}

fn blank(c: char) -> char {
    if c == '\n' { c } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of servicebus §4, with the comments that the shipped sample has.
    const SAMPLE: &str = r#"{
      // the shipped sample has comments
      "UserConfig": {
        "Namespaces": [
          {
            "Name": "sbemulatorns",
            "Queues": [
              {
                "Name": "queue.1", /* "and // others" */
                "Properties": {
                  "DeadLetteringOnMessageExpiration": false,
                  "DefaultMessageTimeToLive": "PT1H",
                  "DuplicateDetectionHistoryTimeWindow": "PT20S",
                  "ForwardDeadLetteredMessagesTo": "",
                  "ForwardTo": "",
                  "LockDuration": "PT1M",
                  "MaxDeliveryCount": 3,
                  "RequiresDuplicateDetection": false,
                  "RequiresSession": false,
                }
              },
            ],
            "Topics": [ { "Name": "topic.1", "Properties": {}, "Subscriptions": [] } ]
          }
        ],
        "Logging": { "Type": "File" }
      }
    }"#;

    fn queues(inner: &str) -> Result<Emulated, Error> {
        let file =
            format!("{{\"UserConfig\":{{\"Namespaces\":[{{\"Queues\":[{inner}]}}]}}}}");
        Emulated::read(&file)
    }

    #[test]
    fn the_sample_is_read_and_its_topic_left_out_with_words() {
        let read = Emulated::read(SAMPLE).unwrap();
        let [queue] = read.queues.as_slice() else {
            panic!("one queue: {:?}", read.queues)
        };
        assert_eq!(queue.name.as_str(), "queue.1");
        let settings = queue
            .properties
            .over(crate::queue::QueueSettings::default());
        let settings = settings.unwrap();
        assert_eq!(settings.get("LockDuration").as_deref(), Some("PT1M"));
        assert_eq!(settings.max_delivery_count, 3);
        let [words] = read.left_out.as_slice() else {
            panic!("{:?}", read.left_out)
        };
        assert!(words.contains("topic topic.1") && words.contains("not implemented"));
        assert_eq!(read.policies[0].name, "RootManageSharedAccessKey");
    }

    #[test]
    fn queues_with_what_we_do_not_have_are_left_out_with_words() {
        for (property, value) in [
            ("RequiresSession", "true"),
            ("ForwardTo", "\"q2\""),
            ("ForwardDeadLetteredMessagesTo", "\"q2\""),
        ] {
            let read = queues(&format!(
                "{{\"Name\":\"q1\",\"Properties\":{{\"{property}\":{value}}}}},\
                 {{\"Name\":\"q2\"}}"
            ));
            let read = read.unwrap();
            assert_eq!(read.queues.len(), 1, "{property}");
            assert!(
                read.left_out[0].contains("queue q1 is left out"),
                "{property}"
            );
        }
    }

    #[test]
    fn mistakes_say_where_and_what_would_be_right() {
        for (inner, place, right) in [
            (
                "{\"Name\":\"q\",\"Properties\":{\"LockDuration\":\"1 min\"}}",
                "queue q",
                "PT1M",
            ),
            (
                "{\"Name\":\"q\",\"Properties\":{\"LockTime\":\"PT1M\"}}",
                "queue q",
                "LockTime",
            ),
            ("{\"Name\":\"a b\"}", "queue a b", "letters"),
            ("{\"Nme\":\"q\"}", "line 1", "Name"),
        ] {
            let words = queues(inner).unwrap_err().to_string();
            assert!(words.contains(place) && words.contains(right), "{words}");
        }
        let two = "{\"UserConfig\":{\"Namespaces\":[{},{}]}}";
        assert!(
            Emulated::read(two)
                .unwrap_err()
                .to_string()
                .contains("2 namespaces")
        );
        let words = Emulated::read("{\n\"UserConfig\": 7}")
            .unwrap_err()
            .to_string();
        assert!(words.contains("line 2"), "{words}");
    }

    #[test]
    fn what_stands_in_strings_is_no_comment() {
        let read = queues(
            "{\"Name\":\"q\",\"Properties\":{\"UserMetadata\":\"a//b \\\" ,}\"}}",
        );
        let settings = read.unwrap().queues[0]
            .properties
            .over(crate::queue::QueueSettings::default());
        assert_eq!(settings.unwrap().user_metadata, "a//b \" ,}");
    }

    #[test]
    fn other_policies_may_be_given() {
        let read = Emulated::read(
            "{\"UserConfig\":{\"Namespaces\":[{\"AuthorizationRules\":[{\"KeyName\":\
             \"Send\",\"PrimaryKey\":\"k\",\"Rights\":[\"Send\"]}]}]}}",
        );
        let read = read.unwrap();
        assert_eq!(read.policies.len(), 1);
        assert_eq!(read.policies[0].rights, [Right::Send]);
    }
}
