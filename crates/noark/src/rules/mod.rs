//! Rules: the published constraints as a table, and the written ones beside it.

mod codes;
pub(crate) mod identity;
pub(crate) mod lexical;
mod row;
mod shapes;
mod table;
pub(crate) mod texts;
pub(crate) mod washed;
pub(crate) mod withdrawal;
pub(crate) mod written;

pub use codes::{
    CODES, Code, LATER_CODES, is_list as is_code_list, of_list as codes_of,
};
pub use row::{Row, What};
pub use texts::{TEXTS, Text};

pub(crate) use shapes::{check, check_classes, queries};

/// The published constraints.
pub fn rows() -> &'static [Row] {
    table::ROWS
}
