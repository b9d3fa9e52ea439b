//! A queue's settings under their names on the wire, each as text.

use std::time::Duration;

use super::{QueueSettings, Status, period};
use crate::Error;

/// The names of what can be set, in the order that Azure's schema has them.
pub const FIELDS: [&str; 18] = [
    "LockDuration",
    "MaxSizeInMegabytes",
    "RequiresDuplicateDetection",
    "RequiresSession",
    "DefaultMessageTimeToLive",
    "DeadLetteringOnMessageExpiration",
    "DuplicateDetectionHistoryTimeWindow",
    "MaxDeliveryCount",
    "EnableBatchedOperations",
    "IsAnonymousAccessible",
    "Status",
    "ForwardTo",
    "UserMetadata",
    "SupportOrdering",
    "AutoDeleteOnIdle",
    "EnablePartitioning",
    "EnableExpress",
    "ForwardDeadLetteredMessagesTo",
];
/// Apart, because its value is the broker's own limit when nothing is set.
const MESSAGE_MAX: &str = "MaxMessageSizeInKilobytes";
/// What a client reads and may send back as it was.
const READ_ONLY: [&str; 10] = [
    "SizeInBytes",
    "MessageCount",
    "AuthorizationRules",
    "CreatedAt",
    "UpdatedAt",
    "AccessedAt",
    "CountDetails",
    "EntityAvailabilityStatus",
    "Path",
    "MessageCountDetails",
];

const LOCK_TIME_MAX: Duration = Duration::from_mins(5);
const WINDOW_MAX: Duration = Duration::from_secs(7 * 86_400);
const DELIVERY_COUNT_MAX: u32 = 2000;
const METADATA_CHARS_MAX: usize = 1024;
/// A terabyte, as one messaging unit of Azure Premium has.
const MEGABYTES_MAX: u64 = 1024 * 1024;
const KILOBYTES_MAX: u64 = 100 * 1024;
const TRUTHS: &str = "true or false";

impl QueueSettings {
    /// Set one property by its name on the wire. Those that only the broker sets are
    /// passed over; so are `AuthorizationRules`, which are no text.
    ///
    /// Fails on an unknown name, on a value that makes no sense (and says what would),
    /// and on what this broker does not do: sessions and forwarding.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let value = value.trim();
        if READ_ONLY.contains(&name) {
            return Ok(());
        }
        self.put(name, value).map_err(|wrong| match wrong {
            Wrong::Name => Error::UnknownSetting(name.chars().take(100).collect()),
            Wrong::Value(expected) => Error::Setting {
                name: name.to_owned(),
                value: value.chars().take(100).collect(),
                expected,
            },
            Wrong::NotImplemented(what) => Error::NotImplemented(what),
        })
    }

    fn put(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        match name {
            "LockDuration" => {
                self.lock_time = time(value, LOCK_TIME_MAX, "up to PT5M")?;
            }
            "MaxSizeInMegabytes" => {
                let expected = "a whole number from 1 to 1048576";
                self.megabytes_max = number(value, MEGABYTES_MAX, expected)?;
            }
            "RequiresDuplicateDetection" => self.detects_duplicates = truth(value)?,
            "RequiresSession" => refuse(value, "sessions")?,
            "DefaultMessageTimeToLive" => self.time_to_live = ever(value)?,
            "DeadLetteringOnMessageExpiration" => {
                self.dead_letters_expired = truth(value)?;
            }
            "DuplicateDetectionHistoryTimeWindow" => {
                self.duplicate_window = time(value, WINDOW_MAX, "up to P7D")?;
            }
            "MaxDeliveryCount" => {
                let expected = "a whole number from 1 to 2000";
                let count = number(value, DELIVERY_COUNT_MAX.into(), expected)?;
                self.max_delivery_count =
                    u32::try_from(count).map_err(|_| Wrong::Value(expected))?;
            }
            "EnableBatchedOperations" => self.batched_operations = truth(value)?,
            "IsAnonymousAccessible" => refuse(value, "queues without authentication")?,
            "Status" => self.status = status(value)?,
            "ForwardTo" => unforwarded(value, "ForwardTo: auto-forwarding")?,
            "ForwardDeadLetteredMessagesTo" => {
                unforwarded(value, "ForwardDeadLetteredMessagesTo: auto-forwarding")?;
            }
            "UserMetadata" => {
                if value.chars().count() > METADATA_CHARS_MAX {
                    return Err(Wrong::Value("at most 1024 characters"));
                }
                value.clone_into(&mut self.user_metadata);
            }
            // Every queue keeps the order.
            "SupportOrdering" => drop(truth(value)?),
            "AutoDeleteOnIdle" => {
                let idle = ever(value)?;
                if idle.is_some_and(|time| time < Duration::from_mins(5)) {
                    return Err(Wrong::Value("PT5M or more"));
                }
                self.idle_time_max = idle;
            }
            "EnablePartitioning" => self.partitioned = truth(value)?,
            "EnableExpress" => self.express = truth(value)?,
            MESSAGE_MAX => {
                let expected = "a whole number from 1 to 102400";
                let number = number(value, KILOBYTES_MAX, expected)?;
                self.message_kilobytes_max = Some(number);
            }
            _ => return Err(Wrong::Name),
        }
        Ok(())
    }

    /// One of [`FIELDS`] as text; none for another name.
    pub fn get(&self, name: &str) -> Option<String> {
        let truth = |value: bool| value.to_string();
        Some(match name {
            "LockDuration" => period::print(Some(self.lock_time)),
            "MaxSizeInMegabytes" => self.megabytes_max.to_string(),
            "RequiresDuplicateDetection" => truth(self.detects_duplicates),
            "RequiresSession" | "IsAnonymousAccessible" => truth(false),
            "DefaultMessageTimeToLive" => period::print(self.time_to_live),
            "DeadLetteringOnMessageExpiration" => truth(self.dead_letters_expired),
            "DuplicateDetectionHistoryTimeWindow" => {
                period::print(Some(self.duplicate_window))
            }
            "MaxDeliveryCount" => self.max_delivery_count.to_string(),
            "EnableBatchedOperations" => truth(self.batched_operations),
            "Status" => self.status.as_str().to_owned(),
            "ForwardTo" | "ForwardDeadLetteredMessagesTo" => String::new(),
            "UserMetadata" => self.user_metadata.clone(),
            "SupportOrdering" => truth(true),
            "AutoDeleteOnIdle" => period::print(self.idle_time_max),
            "EnablePartitioning" => truth(self.partitioned),
            "EnableExpress" => truth(self.express),
            MESSAGE_MAX => self.message_kilobytes_max?.to_string(),
            _ => return None,
        })
    }
}

impl Status {
    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::SendDisabled => "SendDisabled",
            Self::ReceiveDisabled => "ReceiveDisabled",
        }
    }
}

enum Wrong {
    Name,
    Value(&'static str),
    NotImplemented(&'static str),
}

fn truth(value: &str) -> Result<bool, Wrong> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Wrong::Value(TRUTHS)),
    }
}

fn refuse(value: &str, what: &'static str) -> Result<(), Wrong> {
    if truth(value)? {
        return Err(Wrong::NotImplemented(what));
    }
    Ok(())
}

fn unforwarded(value: &str, what: &'static str) -> Result<(), Wrong> {
    if value.is_empty() {
        return Ok(());
    }
    Err(Wrong::NotImplemented(what))
}

fn number(value: &str, max: u64, expected: &'static str) -> Result<u64, Wrong> {
    let number = value.parse().ok();
    let number = number.filter(|number| (1..=max).contains(number));
    number.ok_or(Wrong::Value(expected))
}

/// A time that is not nothing; none is for ever.
fn ever(value: &str) -> Result<Option<Duration>, Wrong> {
    let time = period::parse(value).map_err(Wrong::Value)?;
    if time.is_some_and(|time| time.is_zero()) {
        return Err(Wrong::Value("more than no time at all"));
    }
    Ok(time)
}

fn time(value: &str, max: Duration, expected: &'static str) -> Result<Duration, Wrong> {
    let time = ever(value)?.filter(|time| *time <= max);
    time.ok_or(Wrong::Value(expected))
}

fn status(value: &str) -> Result<Status, Wrong> {
    let all = [
        Status::Active,
        Status::Disabled,
        Status::SendDisabled,
        Status::ReceiveDisabled,
    ];
    let found = all.into_iter().find(|status| status.as_str() == value);
    found.ok_or(Wrong::Value(
        "Active, Disabled, SendDisabled or ReceiveDisabled",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The schema's defaults, as servicebus §1.3 lists them.
    #[test]
    fn defaults_are_azures() {
        let settings = QueueSettings::default();
        for (name, value) in [
            ("LockDuration", "PT1M"),
            ("MaxSizeInMegabytes", "1024"),
            ("RequiresDuplicateDetection", "false"),
            ("RequiresSession", "false"),
            ("DefaultMessageTimeToLive", "P10675199DT2H48M5.4775807S"),
            ("DeadLetteringOnMessageExpiration", "false"),
            ("DuplicateDetectionHistoryTimeWindow", "PT10M"),
            ("MaxDeliveryCount", "10"),
            ("EnableBatchedOperations", "true"),
            ("Status", "Active"),
        ] {
            assert_eq!(settings.get(name).as_deref(), Some(value), "{name}");
        }
    }

    #[test]
    fn what_is_got_can_be_set() {
        let (mut settings, like) = (QueueSettings::default(), QueueSettings::default());
        for name in FIELDS {
            let value = like.get(name).unwrap();
            settings.set(name, &value).unwrap();
            assert_eq!(settings.get(name), Some(value));
        }
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let mut settings = QueueSettings::default();
        for (name, value) in [
            ("LockDuration", "PT6M"),
            ("LockDuration", "1 minute"),
            ("LockDuration", "PT0S"),
            ("MaxDeliveryCount", "0"),
            ("MaxDeliveryCount", "many"),
            ("MaxSizeInMegabytes", "-1"),
            ("RequiresDuplicateDetection", "yes"),
            ("Status", "Asleep"),
            ("DuplicateDetectionHistoryTimeWindow", "P8D"),
            ("AutoDeleteOnIdle", "PT1M"),
        ] {
            let error = settings.set(name, value).unwrap_err();
            let words = error.to_string();
            assert!(words.contains(name) && words.contains(value), "{words}");
            assert!(matches!(error, Error::Setting { .. }));
        }
        let unknown = settings.set("LockTime", "PT1M");
        assert!(matches!(unknown, Err(Error::UnknownSetting(_))));
    }

    #[test]
    fn what_is_not_there_is_said_to_be_not_there() {
        let mut settings = QueueSettings::default();
        for (name, off, on) in [
            ("RequiresSession", "false", "true"),
            ("ForwardTo", "", "q2"),
            ("ForwardDeadLetteredMessagesTo", "", "q2"),
        ] {
            settings.set(name, off).unwrap();
            let refused = settings.set(name, on);
            assert!(matches!(refused, Err(Error::NotImplemented(_))), "{name}");
        }
    }
}
