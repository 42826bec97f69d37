//! Encodings, line ends, compression, limits, and files that are no texts.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use attncheck::input::{Examples, Format, InputError, Looks, Options, read, read_from};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{parse, told};

fn auto(bytes: &[u8]) -> Result<Examples, InputError> {
    read_from(bytes, "test", &Options::default(), None)
}

fn texts(found: &Examples) -> Vec<&str> {
    found.examples.iter().map(|example| example.text.as_str()).collect()
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn every_line_end_ends_a_line() {
    for text in ["a\nb\nc", "a\r\nb\r\nc\r\n", "a\rb\rc\r", "a\rb\r\nc\n"] {
        let found = auto(text.as_bytes()).unwrap();
        assert_eq!(texts(&found), ["a", "b", "c"]);
        assert_eq!(found.examples[2].line, 3);
        let table = format!("text\r{text}");
        let found = parse(Format::Csv, table.as_bytes()).unwrap();
        assert_eq!((texts(&found), found.examples[2].line), (vec!["a", "b", "c"], 4));
        let lines: String = text.replace('a', "{\"text\": 1}");
        assert!(told(parse(Format::Jsonl, lines.as_bytes())).0.contains("line 3: invalid JSON"));
    }
    // What is no line end in a text file is none here.
    let found = auto("a\u{2028}b\u{85}c\u{b}d\u{c}e\n".as_bytes()).unwrap();
    assert_eq!(texts(&found), ["a\u{2028}b\u{85}c\u{b}d\u{c}e"]);
    assert_eq!(auto(b"a\r\r\n\n\rb").unwrap().empty_lines, 3);
}

#[test]
fn utf_16_is_read_by_its_mark_and_told_without() {
    assert_eq!(texts(&auto(&utf16("a naïve 👍🏽 film\r\nb", true)).unwrap()), ["a naïve 👍🏽 film", "b"]);
    let (error, hint) = told(auto(&utf16("a good film\n", false)));
    assert_eq!(error, "test is not UTF-8 but UTF-16LE, without a byte-order mark");
    assert!(hint.contains("iconv -f UTF-16LE -t UTF-8 test"), "{hint}");
    let (error, _) = told(auto(&utf16("a good film\n", true)[..9]));
    assert_eq!(error, "test is not whole: half a character of UTF-16 at byte 8 of the file");
    let wide: Vec<u8> = "\u{feff}film".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    assert!(told(auto(&wide)).0.contains("UTF-32"));
    // Texts hold no NUL, so it is another encoding or no text.
    let (error, hint) = told(auto(b"a film\nis n\0t good\n"));
    assert_eq!(error, "test is not text: it holds a NUL at line 2, byte 5");
    assert!(hint.contains("another kind"), "{hint}");
}

#[test]
fn an_encoding_is_guessed_only_where_it_is_plausible() {
    let looks = |bytes: &[u8]| match auto(bytes) {
        Err(InputError::NotUtf8 { looks, .. }) => looks,
        other => panic!("{other:?}"),
    };
    assert_eq!(looks(b"un caf\xe9 noir\n"), Looks::Latin1);
    assert_eq!(looks(b"it\x92s a good film\n"), Looks::Windows1252);
    // Chinese in GBK, Japanese in Shift-JIS.
    assert_eq!(looks(b"\xd5\xe2\xb2\xbf\xb5\xe7\xd3\xb0\xba\xdc\xba\xc3\n"), Looks::Text);
    assert_eq!(looks(b"\x82\xb1\x82\xcc\x89f\x89\xe6\n"), Looks::Text);
    assert_eq!(looks("un café".as_bytes().split_last().unwrap().1), Looks::Latin1);
    assert_eq!(looks("это кино".as_bytes().split_last().unwrap().1), Looks::Cut);
    assert_eq!(looks(b"a\x01\x02\x03\xf0\x05\x06"), Looks::Binary);
    let hint = told(auto(b"un caf\xe9 noir\n")).1;
    assert!(hint.contains("iconv -f LATIN1"), "{hint}");
    assert!(!told(auto(b"\xd5\xe2\xb2\xbf\xb5\xe7\n")).1.contains("LATIN1"));
}

#[test]
fn files_of_another_kind_are_told_what_they_are() {
    let fixture = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/parquet").join(name);
        fs::read(path).unwrap()
    };
    let mut tar = vec![b'a'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    let xlsx = [b"PK\x03\x04", [0; 26].as_slice(), b"[Content_Types].xml", &[0; 9]].concat();
    for (bytes, what, mend) in [
        (fixture("stream.arrow"), "an Arrow stream", "datasets.Dataset.from_file"),
        (fixture("file.arrow"), "an Arrow file", "read_feather"),
        (xlsx, "an office document", "read_excel"),
        (b"PK\x03\x04\x14\0\0\0".to_vec(), "a zip archive", "unpack it"),
        (b"SQLite format 3\0\x10\0".to_vec(), "an SQLite database", "sqlite3"),
        (b"\x80\x04\x95\x10\0\0".to_vec(), "a Python pickle", "JSON lines"),
        (b"%PDF-1.7\n%\xe2\xe3".to_vec(), "a PDF document", "pdftotext"),
        (b"\x93NUMPY\x01\0v\0{'descr'".to_vec(), "a NumPy array", "numpy.load"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "an image", "text itself"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "an image", "text itself"),
        (b"BZh91AY&SY\x01".to_vec(), "compressed by bzip2", "bunzip2 -c"),
        (b"\xfd7zXZ\0\0\x04".to_vec(), "compressed by xz", "xz -dc"),
        (tar.clone(), "a tar archive", "tar -xf"),
        (gzip(&tar), "a tar archive", "tar -xf"),
        (gzip(&gzip(b"a film")), "compressed twice, by gzip inside", "unpack it first"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n".to_vec(),
            "a pointer of Git LFS",
            "git lfs pull",
        ),
        (b"<!DOCTYPE html>\n<html>".to_vec(), "a web page", "hf download"),
    ] {
        let (error, hint) = told(auto(&bytes));
        assert!(error.starts_with("test is no file of texts but ") && error.contains(what), "{error}");
        assert!(hint.contains(mend), "{hint}");
    }
    // What is written in letters is prose where the flag says so.
    assert_eq!(texts(&parse(Format::Text, b"<!DOCTYPE html>").unwrap()), ["<!DOCTYPE html>"]);
    assert!(matches!(parse(Format::Text, b"PK\x03\x04"), Err(InputError::Foreign { .. })));
}

#[test]
fn what_is_packed_is_unpacked_and_damage_is_told() {
    let bytes = gzip(b"a film\nand another\n");
    assert_eq!(texts(&auto(&bytes).unwrap()), ["a film", "and another"]);
    assert!(auto(&[bytes.clone(), gzip(b"a third")].concat()).unwrap().examples.len() == 3);
    for cut in [&bytes[..bytes.len() - 9], &bytes[..12], &bytes[..4]] {
        let (error, hint) = told(auto(cut));
        assert!(error.contains("test is cut short or damaged: gzip cannot unpack it"), "{error}");
        assert!(hint.contains("again"), "{hint}");
    }
    let mut wrong = bytes.clone();
    let sum = wrong.len() - 6;
    wrong[sum] ^= 1;
    assert!(matches!(auto(&wrong), Err(InputError::Damaged { packing: "gzip", .. })));
    let bytes = zstd::encode_all(&b"a film\n"[..], 1).unwrap();
    assert_eq!(texts(&auto(&bytes).unwrap()), ["a film"]);
    assert!(matches!(auto(&bytes[..bytes.len() - 3]), Err(InputError::Damaged { packing: "zstd", .. })));
    // A line without an end that fills the memory: two megabytes of it packed are two gigabytes.
    let block = gzip(&vec![b'a'; 1 << 22]);
    let bomb = read_from(Repeat { block, at: 0, left: 100 }, "test", &Options::default(), None);
    let (error, hint) = told(bomb);
    assert_eq!(error, "line 1 of test goes on beyond 256 MiB");
    assert!(hint.contains("one text a line"), "{hint}");
}

/// The same block again and again.
struct Repeat {
    block: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Repeat {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() && self.left > 0 {
            (self.at, self.left) = (0, self.left - 1);
        }
        let read = (&self.block[self.at..]).read(out)?;
        self.at += read;
        Ok(read)
    }
}

fn endless(block: &[u8]) -> Repeat {
    Repeat { block: block.to_vec(), at: 0, left: usize::MAX }
}

/// Gives what it has, then never answers: whoever asks once more fails.
struct Silent<'a>(&'a [u8]);

impl Read for Silent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        assert!(!self.0.is_empty(), "read beyond what was needed");
        self.0.read(out)
    }
}

#[test]
fn reading_stops_at_the_limit() {
    let limited = |block: &[u8], format, limit| {
        let options = Options { format, ..Options::default() };
        read_from(endless(block), "test", &options, Some(limit))
    };
    for (block, format) in [
        (&b"good film\n"[..], None),
        (b"[MASK] film\n", None),
        (b"{film\n", None),
        (b"{\"text\": \"a\"}\n", None),
        (b"{\"text\": \"a\", \"x\": [1]}\r", None),
        (b"a,b\n", Some(Format::Text)),
    ] {
        let found = limited(block, format, 3).unwrap();
        assert_eq!(found.examples.len(), 3, "{}", String::from_utf8_lossy(block));
    }
    let head = io::Read::chain(&b"text,label\n"[..], endless(b"a,1\n"));
    assert_eq!(read_from(head, "test", &Options::default(), Some(2)).unwrap().examples.len(), 2);
    // Lines that are wrong end it too, and what lies beyond the limit is not looked at.
    assert!(limited(b"{\n", Some(Format::Jsonl), 2).is_err());
    assert_eq!(texts(&read_from(&b"a\n\xff\n"[..], "test", &Options::default(), Some(1)).unwrap()), ["a"]);
    // One line is answered before the next one comes.
    for (line, format) in
        [("a\n", None), ("{\"text\": \"a\"}\n", None), ("text,id\na,1\n", Some(Format::Csv))]
    {
        let options = Options { format, ..Options::default() };
        let found = read_from(Silent(line.as_bytes()), "test", &options, Some(1)).unwrap();
        assert_eq!(texts(&found), ["a"]);
    }
    let packed = gzip("a film\n".repeat(1 << 20).as_bytes());
    let found = read_from(&packed[..packed.len() / 2], "test", &Options::default(), Some(2)).unwrap();
    assert_eq!(found.examples.len(), 2);
}

#[test]
fn the_end_of_a_packed_name_says_the_format_too() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("a.csv.gz", "label,text\n1,x"), ("a.tsv.GZ", "label\ttext\n1\tx"), ("a.txt.gz", "x")]
    {
        let path = folder.path().join(name);
        fs::write(&path, gzip(text.as_bytes())).unwrap();
        assert_eq!(texts(&read(&path, &Options::default(), None).unwrap()), ["x"], "{name}");
    }
}
