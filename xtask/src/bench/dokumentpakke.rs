//! Bench `dokumentpakke`: seal and open 1 kB, 1 MB and 1 GB, beside `openssl cms` and a
//! BouncyCastle program.
//!
//! From a file into a file, and back into nothing, in one thread. Ours signs, hashes and
//! packs as well; the others only encrypt. A process of OpenSSL is started for each, a
//! Java machine once. Best of the rounds. It needs four gigabytes of disk for a while.
//! Memory is the most that this process has had, above what it had before the first.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write, sink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ambient::{Clock, Random};
use anyhow::{Context, Result, ensure};
use dokumentpakke::issue::Authority;
use dokumentpakke::{Identity, KeyTransport, Sealing, Source, open_to, seal_to};
use serde_json::{Value, json};

use super::usage;

/// A size, and how often ours and theirs are measured.
type Size = (&'static str, u64, usize, usize);

const SIZES: [Size; 3] = [
    ("1 kB", 1_000, 200, 10),
    ("1 MB", 1_000_000, 30, 10),
    ("1 GB", 1_000_000_000, 2, 1),
];
const MEMORY_BYTES_MAX: u64 = 16 << 20;
const PASSWORD: &str = "changeit";

/// The keys, and where files go.
struct Bench {
    folder: PathBuf,
    own: Identity,
    java: Option<PathBuf>,
}

/// Best times of sealing and opening.
type Times = (Duration, Duration);

pub(super) fn main() -> Result<Value> {
    let bench = Bench::new()?;
    println!(
        "{:<8}{:<16}{:>12}{:>12}{:>14}{:>14}",
        "", "", "seal", "open", "seal MB/s", "open MB/s"
    );
    let mut figures = json!({});
    let (begun, _) = usage::memory(std::process::id())?;
    let rsa = bench.rsa()?;
    for (name, bytes, rounds, theirs) in SIZES {
        let file = bench.file(bytes)?;
        let ours = bench.ours(&file, rounds)?;
        let (_, most) = usage::memory(std::process::id())?;
        let mut row = json!({"memoryBytes": most - begun});
        show(name, "sendebud", ours, bytes, &mut row);
        let share =
            |part: Duration, of: Duration| part.as_secs_f64() / of.as_secs_f64();
        row["rsaShare"] =
            json!({"seal": share(rsa.0, ours.0), "open": share(rsa.1, ours.1)});
        show(
            name,
            "openssl cms",
            bench.openssl(&file, theirs)?,
            bytes,
            &mut row,
        );
        match bench.bouncy_castle(&file, theirs)? {
            Some(times) => show(name, "BouncyCastle", times, bytes, &mut row),
            None => {
                println!("{name:<8}BouncyCastle     not installed: cargo xtask test");
            }
        }
        println!(
            "{:<8}RSA is {:.0} % of our sealing, {:.0} % of our opening; memory {:.1} MB",
            "",
            share(rsa.0, ours.0) * 100.0,
            share(rsa.1, ours.1) * 100.0,
            Duration::from_micros(most - begun).as_secs_f64()
        );
        row["memoryWithin"] = (most - begun <= MEMORY_BYTES_MAX).into();
        figures[name] = row;
        std::fs::remove_file(&file)?;
        drop(std::fs::remove_file(bench.folder.join("fil.pdf.bc.p7m")));
    }
    std::fs::remove_dir_all(&bench.folder)?;
    Ok(figures)
}

fn show(size: &str, who: &str, (seal, open): Times, bytes: u64, row: &mut Value) {
    let rate = |time: Duration| {
        Duration::from_micros(bytes).as_secs_f64() / time.as_secs_f64()
    };
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    println!(
        "{size:<8}{who:<16}{:>12}{:>12}{:>14.1}{:>14.1}",
        ms(seal),
        ms(open),
        rate(seal),
        rate(open)
    );
    row[who] = json!({
        "sealMs": seal.as_secs_f64() * 1000.0,
        "openMs": open.as_secs_f64() * 1000.0,
        "sealMBs": rate(seal),
        "openMBs": rate(open),
    });
}

/// The best time of so many.
fn best(rounds: usize, mut once: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let started = Instant::now();
        once()?;
        best = best.min(started.elapsed());
    }
    Ok(best)
}

impl Bench {
    fn new() -> Result<Self> {
        let folder = crate::root().join("target/bench/dokumentpakke-input");
        std::fs::create_dir_all(&folder)?;
        let random = Random::system();
        let authority = Authority::new("Bench CA", Clock::system().now(), &random)?;
        let issued = authority.issue("910076787", "Bench", PASSWORD, &random)?;
        std::fs::write(folder.join("key.p12"), &issued.pkcs12)?;
        std::fs::write(folder.join("certificate.pem"), &issued.certificate)?;
        let mut bench = Self {
            own: Identity::from_pkcs12(&issued.pkcs12, PASSWORD)?,
            folder,
            java: None,
        };
        bench.run(
            "openssl",
            &[
                "pkcs12",
                "-in",
                "key.p12",
                "-passin",
                "pass:changeit",
                "-nodes",
                "-nocerts",
                "-out",
                "key.pem",
            ],
        )?;
        bench.java = bench.compiled()?;
        Ok(bench)
    }

    /// The Java program, if what it needs was installed.
    fn compiled(&self) -> Result<Option<PathBuf>> {
        let libraries = crate::root().join("target/sdk/bouncycastle/lib");
        if !libraries.exists() {
            return Ok(None);
        }
        let source = crate::root().join("conformance/sdk/bouncycastle/Opener.java");
        let compiled = Command::new("javac")
            .args(["-proc:none", "-Xlint:-unchecked", "-d"])
            .arg(&self.folder)
            .arg("-cp")
            .arg(libraries.join("*"))
            .arg(source)
            .output()
            .context("javac could not be started")?;
        ensure!(
            compiled.status.success(),
            "the Java program does not compile"
        );
        Ok(Some(libraries.join("*")))
    }

    /// Noise that begins as a PDF.
    fn file(&self, bytes: u64) -> Result<PathBuf> {
        let path = self.folder.join("fil.pdf");
        let mut noise = vec![0; 1 << 20];
        Random::system().fill(&mut noise);
        let mut out = BufWriter::new(File::create(&path)?);
        out.write_all(b"%PDF-1.7")?;
        let mut left = bytes - 8;
        while left > 0 {
            let some = left.min(noise.len() as u64);
            out.write_all(&noise[..usize::try_from(some)?])?;
            left -= some;
        }
        out.flush()?;
        Ok(path)
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing {
            sender: "0192:910076787",
            receiver: "0192:910076787",
            signer: &self.own,
            recipient: self.own.certificate(),
            key_transport: KeyTransport::Pkcs1v15,
            now: Clock::system().now(),
        }
    }

    fn ours(&self, file: &Path, rounds: usize) -> Result<Times> {
        let place = self.folder.join("package");
        let random = Random::system();
        let seal = best(rounds, || {
            let mut reader = File::open(file)?;
            let source = Source {
                name: "fil.pdf",
                mime: "application/pdf",
                reader: &mut reader,
            };
            let mut out = File::create(&place)?;
            Ok(seal_to(&self.sealing(), &mut [source], &mut out, &random)?)
        })?;
        let mut package = File::open(&place)?;
        let keys = [self.own.clone()];
        let open = best(rounds, || {
            package.rewind()?;
            let mut reader = BufReader::new(&package);
            open_to(&mut reader, &keys, &mut sink())?;
            Ok(())
        })?;
        std::fs::remove_file(place)?;
        Ok((seal, open))
    }

    /// One signature, and one key unwrapped: what RSA there is in sealing and opening.
    fn rsa(&self) -> Result<Times> {
        let sign = best(50, || self.own.sign(b"x").map(drop).map_err(Into::into))?;
        let wrapped = self.own.wrap_key(&[7; 32], &Random::system())?;
        let unwrap = best(50, || {
            self.own.unwrap_key(&wrapped)?;
            Ok(())
        })?;
        Ok((sign, unwrap))
    }

    fn openssl(&self, file: &Path, rounds: usize) -> Result<Times> {
        let path = file.display().to_string();
        let encrypt = ["cms", "-encrypt", "-binary", "-stream", "-aes-256-cbc"];
        let to = [
            "-outform",
            "DER",
            "-in",
            &path,
            "-out",
            "package",
            "certificate.pem",
        ];
        let decrypt = ["cms", "-decrypt", "-binary", "-inform", "DER"];
        let by = ["-in", "package", "-inkey", "key.pem", "-out", "/dev/null"];
        let seal = best(rounds, || {
            self.run("openssl", &[&encrypt[..], &to].concat())
        })?;
        let open = best(rounds, || {
            self.run("openssl", &[&decrypt[..], &by].concat())
        })?;
        std::fs::remove_file(self.folder.join("package"))?;
        Ok((seal, open))
    }

    fn bouncy_castle(&self, file: &Path, rounds: usize) -> Result<Option<Times>> {
        let Some(libraries) = &self.java else {
            return Ok(None);
        };
        let done = Command::new("java")
            .args(["-Xmx256m", "-cp"])
            .arg(std::env::join_paths([&self.folder, libraries])?)
            .args(["Opener", "bench"])
            .arg(self.folder.join("key.p12"))
            .arg(PASSWORD)
            .arg(file)
            .arg(rounds.to_string())
            .output()
            .context("java could not be started")?;
        let words = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "the Java program ended with {words}");
        let text = String::from_utf8(done.stdout)?;
        let mut times = text.split_whitespace().map(str::parse::<f64>);
        let mut time = || -> Result<Duration> {
            let seconds = times.next().context("two times are printed")??;
            Ok(Duration::from_secs_f64(seconds))
        };
        Ok(Some((time()?, time()?)))
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let done = Command::new(program)
            .args(args)
            .current_dir(&self.folder)
            .output();
        let done = done.with_context(|| format!("{program} could not be started"))?;
        let words = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{program} {args:?}: {words}");
        Ok(())
    }
}
