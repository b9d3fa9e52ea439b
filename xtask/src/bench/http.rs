//! A caller's end of HTTP/1.1, as lean as can be: what it spends is taken from what it
//! measures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};

/// A kept-alive connection to one address.
pub(super) struct Line {
    stream: BufReader<TcpStream>,
    address: String,
    request: Vec<u8>,
    text: String,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body of an answer with one of these statuses.
    pub(super) fn wanted(self, statuses: &[u16]) -> Result<Self> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        let words = String::from_utf8_lossy(&self.body);
        bail!("answered {}: {words}", self.status)
    }
}

impl Line {
    pub(super) fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .with_context(|| format!("{address} does not answer"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            address: address.to_owned(),
            request: Vec::new(),
            text: String::new(),
        })
    }

    /// Ask, and read the whole answer. `headers` are lines that end in CRLF.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<Answer> {
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        )?;
        self.request.extend_from_slice(body);
        self.stream.get_mut().write_all(&self.request)?;
        self.answer().with_context(|| format!("{method} {path}"))
    }

    pub(super) fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask("GET", path, "", b"")
    }

    fn answer(&mut self) -> Result<Answer> {
        let status = self.read_line()?.split(' ').nth(1).map(str::parse);
        let status = status.context("no status line")??;
        let mut length = 0;
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').context("no header")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                bail!("an answer in chunks is not read here");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }

    fn read_line(&mut self) -> Result<&str> {
        self.text.clear();
        if self.stream.read_line(&mut self.text)? == 0 {
            bail!("the connection was closed");
        }
        Ok(self.text.trim_end())
    }
}
