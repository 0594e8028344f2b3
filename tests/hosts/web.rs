//! A web server for the machines' packages: files of one directory, and nothing else of HTTP than apt, dnf and pip need.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::{Mutex, Once},
    thread,
    time::Duration,
};

static SERVED: Once = Once::new();
/// What is served: that of the lab that came up last.
static DIRECTORY: Mutex<PathBuf> = Mutex::new(PathBuf::new());

/// Serves a directory on port 80 until this process ends, or another one is served.
pub(crate) fn serve(directory: &Path) {
    directory.clone_into(&mut DIRECTORY.lock().unwrap());
    SERVED.call_once(listen);
}

fn listen() {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let directory = DIRECTORY.lock().unwrap().clone();
            // A machine that is cut off in the middle is no concern of the others.
            thread::spawn(move || drop(answer_all(&directory, &connection)));
        }
    });
}

fn answer_all(directory: &Path, connection: &TcpStream) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_mins(1)))?;
    connection.set_write_timeout(Some(Duration::from_mins(1)))?;
    let mut requests = BufReader::new(connection).lines();
    while let Some(first) = requests.next() {
        let first = first?;
        // Its headers change nothing about the answer.
        while !requests.next().transpose()?.unwrap_or_default().is_empty() {}
        answer(directory, &first, connection)?;
    }
    Ok(())
}

fn answer(directory: &Path, request: &str, mut connection: &TcpStream) -> io::Result<()> {
    let mut words = request.split(' ');
    let is_head = words.next() == Some("HEAD");
    let file = words.next().and_then(|path| found(directory, path)).map(File::open).transpose()?;
    let Some(mut file) = file else {
        return connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let kind = if is_page(request) { "text/html" } else { "application/octet-stream" };
    let length = file.metadata()?.len();
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    )?;
    if !is_head {
        io::copy(&mut file, &mut connection)?;
    }
    Ok(())
}

fn is_page(request: &str) -> bool {
    request.split(' ').nth(1).is_some_and(|path| path.ends_with('/'))
}

/// The file of a path in a request; of a directory, its page.
fn found(directory: &Path, path: &str) -> Option<PathBuf> {
    let path = unescaped(path.split('?').next()?)?;
    let inner = Path::new(&path).strip_prefix("/").ok()?;
    if inner.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = directory.join(inner);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    fs::metadata(&file).is_ok_and(|data| data.is_file()).then_some(file)
}

/// Versions have `+`, `~` and `:` in them, which clients write as `%2b` and so on.
fn unescaped(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
