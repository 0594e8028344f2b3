//! A child process that is talked to line by line while it runs.

use std::{process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    sync::Mutex,
    task::{JoinHandle, JoinSet},
};

use super::Run;
use crate::trouble::{Result, Tell, Trouble};

/// More standard error than this is no message.
const MOST_ERRORS: u64 = 64 << 10;

/// A running child with its standard input and output.
#[derive(Debug)]
pub struct Talk {
    line: String,
    child: Child,
    /// Shared with what is said regularly; each word is sent whole.
    input: Arc<Mutex<ChildStdin>>,
    /// Ends when this is dropped.
    regular: JoinSet<()>,
    output: BufReader<ChildStdout>,
    errors: JoinHandle<String>,
}

impl Run {
    /// Starts the command to talk to it; it ends when it is dropped. Time limit, log and input do not apply.
    pub fn talk(&self) -> Result<Talk> {
        let line = self.line();
        tracing::debug!("talking to `{line}`");
        let mut command = self.command();
        command.stdin(Stdio::piped());
        let mut child = command.spawn().or_host(|| format!("starting `{line}`"))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(Trouble::internal(format!("starting `{line}` without pipes")));
        };
        let errors = tokio::spawn(async move {
            let mut text = Vec::new();
            // What broke off is told as far as it came.
            drop(errors.take(MOST_ERRORS).read_to_end(&mut text).await);
            String::from_utf8_lossy(&text).into_owned()
        });
        let input = Arc::new(Mutex::new(input));
        Ok(Talk {
            line,
            child,
            input,
            regular: JoinSet::new(),
            output: BufReader::new(output),
            errors,
        })
    }
}

impl Talk {
    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        send(&self.input, bytes).await
    }

    /// Sends the same bytes again and again, between all others, until the talk ends or the child takes no more.
    pub fn say_every(&mut self, pause: Duration, bytes: &'static [u8]) {
        let input = Arc::clone(&self.input);
        self.regular.spawn(async move {
            while send(&input, bytes).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// The next line without its end; `None` when the child says no more.
    pub async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        if self.output.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// Tells the child that nothing more comes, and gives what it wrote to standard error when it has ended.
    pub async fn end(mut self) -> Result<String> {
        // It holds the input too.
        self.regular.shutdown().await;
        drop(self.input);
        self.child.wait().await.or_host(|| format!("waiting for `{}`", self.line))?;
        Ok(self.errors.await.unwrap_or_default())
    }
}

async fn send(input: &Mutex<ChildStdin>, bytes: &[u8]) -> std::io::Result<()> {
    let mut input = input.lock().await;
    input.write_all(bytes).await?;
    input.flush().await
}
