//! Which page of a list is asked for, in what order, and the envelope it is sent in.

use std::fmt::Write;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use store::page::{Ask, Cursor, Page};

use crate::label;
use crate::query::Query;
use crate::refusal::{Refusal, text};
use crate::reply;

const PAGE_ROWS: u64 = 10;
const PAGE_ROWS_MAX: u64 = 2000;

/// What a list can be sorted by, and how it is sorted unless told otherwise.
pub(crate) struct Order {
    /// The column behind a property.
    pub(crate) column: fn(&str) -> Option<&'static str>,
    /// The Java class of the rows, for the refusal.
    pub(crate) rows: &'static str,
    /// Column and whether descending; none where the list is said to be unsorted.
    pub(crate) default: Option<(&'static str, bool)>,
}

/// A page as it is asked for. What makes no sense is taken for the default.
#[derive(Debug)]
pub(crate) struct Paging {
    number: u64,
    size: u64,
    order: Vec<(&'static str, bool)>,
    after: Option<Cursor>,
    query: String,
}

impl Paging {
    /// Read `page`, `size` and `sort`. Refuses properties that there are not.
    pub(crate) fn read(query: &Query, order: &Order) -> Result<Self, Refusal> {
        let number = |name| {
            let given = query.first(name).and_then(|text| text.parse::<i32>().ok());
            given.and_then(|number| u64::try_from(number).ok())
        };
        let size = number("size").filter(|size| *size > 0).unwrap_or(PAGE_ROWS);
        let mut columns = Vec::new();
        for sort in query.all("sort") {
            columns.extend(sorting(sort, order)?);
        }
        if columns.is_empty() {
            columns.extend(order.default);
        }
        Ok(Self {
            number: number("page").unwrap_or(0),
            size: size.min(PAGE_ROWS_MAX),
            order: columns,
            after: query.first("cursor").and_then(|text| text.parse().ok()),
            query: query.without(&["cursor", "page"]),
        })
    }

    /// The question to the store.
    pub(crate) fn ask(&self) -> Ask {
        let mut ask = Ask::all(self.size);
        match self.after {
            Some(cursor) => ask = ask.after(cursor),
            None => ask.offset = self.offset(),
        }
        self.order
            .iter()
            .fold(ask, |ask, (column, down)| ask.order(column, *down))
    }

    /// The answer to the caller: Spring's page, member by member (rest-api §2.1).
    pub(crate) fn answer(&self, page: &Page<String>) -> Response {
        let mut response = reply::json(self.json(page));
        if let Some(next) = page.next.and_then(|cursor| self.link(cursor)) {
            response.headers_mut().insert(header::LINK, next);
        }
        response
    }

    /// Where the next page is (RFC 8288): as quick to find as the first one, however
    /// deep it is. The same list by `page` is passed over from its beginning.
    fn link(&self, cursor: Cursor) -> Option<HeaderValue> {
        let number = self.number.saturating_add(1);
        let (and, query) = (if self.query.is_empty() { "" } else { "&" }, &self.query);
        let link =
            format!("<?{query}{and}page={number}&cursor={cursor}>; rel=\"next\"");
        HeaderValue::from_str(&link).ok()
    }

    fn json(&self, page: &Page<String>) -> String {
        let (count, total) = (page.items.len(), page.total);
        let pages = total.div_ceil(self.size);
        let bytes: usize = page.items.iter().map(|item| item.len() + 1).sum();
        let mut out = String::with_capacity(bytes + 420);
        out.push_str("{\"content\":[");
        for (i, item) in page.items.iter().enumerate() {
            out.push_str(if i > 0 { "," } else { "" });
            out.push_str(item);
        }
        let (sorted, unsorted) = (!self.order.is_empty(), self.order.is_empty());
        let sort = format!(
            "\"sort\":{{\"empty\":{unsorted},\"sorted\":{sorted},\"unsorted\":{unsorted}}}"
        );
        let (number, size, offset) = (self.number, self.size, self.offset());
        let last = number.saturating_add(1) >= pages;
        let (first, empty) = (number == 0, count == 0);
        let _ = write!(
            out,
            "],\"pageable\":{{\"pageNumber\":{number},\"pageSize\":{size},{sort},\
             \"offset\":{offset},\"paged\":true,\"unpaged\":false}},\
             \"totalPages\":{pages},\"totalElements\":{total},\"last\":{last},\
             \"size\":{size},\"number\":{number},\"numberOfElements\":{count},{sort},\
             \"first\":{first},\"empty\":{empty}}}"
        );
        out
    }

    fn offset(&self) -> u64 {
        self.number.saturating_mul(self.size)
    }
}

/// `property[,property][,asc|desc]`.
fn sorting(sort: &str, order: &Order) -> Result<Vec<(&'static str, bool)>, Refusal> {
    let mut names: Vec<&str> = sort
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let direction = names.last().copied().unwrap_or_default();
    let descending = direction.eq_ignore_ascii_case("desc");
    if descending || direction.eq_ignore_ascii_case("asc") {
        names.pop();
    }
    names
        .into_iter()
        .map(|name| {
            let unknown =
                || Refusal::with(&label::PROPERTY, [text(name), text(order.rows)]);
            Ok(((order.column)(name).ok_or_else(unknown)?, descending))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order {
        column: store::status::column,
        rows: "MessageStatus",
        default: Some(("id", false)),
    };

    fn read(query: &str) -> Paging {
        Paging::read(&Query::parse(query), &ORDER).unwrap()
    }

    // rest-api §2.2; reference-observed §3, "page/size garbage".
    #[test]
    fn nonsense_is_taken_for_the_default() {
        for query in [
            "",
            "page=-1&size=0",
            "page=x&size=x",
            "size=-1",
            "page=99999999999&size=99999999999",
        ] {
            let paging = read(query);
            assert_eq!((paging.number, paging.size), (0, 10), "{query}");
        }
        assert_eq!(read("size=100000").size, 2000);
        assert_eq!(
            read("page=2147483647&size=2000").offset(),
            2_147_483_647 * 2000
        );
    }

    #[test]
    fn sort_takes_properties_and_a_direction() {
        assert_eq!(read("sort=id,desc").order, [("id", true)]);
        assert_eq!(
            read("sort=status&sort=id,DESC").order,
            [("value", false), ("id", true)]
        );
        assert_eq!(
            read("sort=status,id,asc").order,
            [("value", false), ("id", false)]
        );
        assert_eq!(read("sort=").order, [("id", false)]);
        let sideways = Query::parse("sort=id,sideways");
        assert!(Paging::read(&sideways, &ORDER).is_err());
    }
}
