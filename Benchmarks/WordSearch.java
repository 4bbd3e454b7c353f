// Apache Lucene's BM25 over a made corpus (corpus.py), filtered by the asker's groups: reads lines `lexical CASE` and answers each with a line of JSON,
// as `sluice-bench ask` does: how long every question took, and the numbers of the chunks it found.
//
// java -cp 'libs/*' WordSearch.java CORPUS INDEX K1 B
import java.io.*;
import java.nio.*;
import java.nio.file.*;
import java.util.*;
import org.apache.lucene.analysis.*;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.search.*;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

class WordSearch {
    /** Passes over every case until the virtual machine has compiled what it runs. */
    static final int WARM_UP = 2;

    /** Words in lower case, stemmed, without English stop words: what the other engines of the benchmark do. */
    static final Analyzer ANALYZER = new Analyzer() {
        @Override protected TokenStreamComponents createComponents(String field) {
            Tokenizer words = new StandardTokenizer();
            TokenStream kept = new StopFilter(new LowerCaseFilter(words), org.apache.lucene.analysis.en.EnglishAnalyzer.ENGLISH_STOP_WORDS_SET);
            return new TokenStreamComponents(words, new SnowballFilter(kept, "English"));
        }
    };

    public static void main(String[] arguments) throws Exception {
        Path corpus = Path.of(arguments[0]), index = Path.of(arguments[1]);
        BM25Similarity similarity = new BM25Similarity(Float.parseFloat(arguments[2]), Float.parseFloat(arguments[3]));
        String[] meta = Files.readString(corpus.resolve("meta.txt")).trim().split(" ");
        int cases = Integer.parseInt(meta[2]), limit = Integer.parseInt(meta[4]);
        write(corpus, index, similarity);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(index))) {
            IndexSearcher searcher = new IndexSearcher(reader);
            searcher.setSimilarity(similarity);
            searcher.setQueryCache(null);
            for (int pass = 0; pass < WARM_UP; pass++) for (int number = 0; number < cases; number++) ask(searcher, corpus, Integer.toString(number), limit);
            System.out.println("{}");
            for (String line; (line = input.readLine()) != null; ) System.out.println(ask(searcher, corpus, line.trim().split(" ")[1], limit));
        }
    }

    static void write(Path corpus, Path index, BM25Similarity similarity) throws Exception {
        IntBuffer groups = ByteBuffer.wrap(Files.readAllBytes(corpus.resolve("groups.i32"))).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        IndexWriterConfig settings = new IndexWriterConfig(ANALYZER).setSimilarity(similarity).setRAMBufferSizeMB(256);
        settings.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
        try (IndexWriter writer = new IndexWriter(FSDirectory.open(index), settings);
             BufferedReader texts = Files.newBufferedReader(corpus.resolve("texts.txt"))) {
            int number = 0;
            for (String text; (text = texts.readLine()) != null; number++) {
                Document document = new Document();
                document.add(new StoredField("id", number));
                document.add(new StringField("group", Integer.toString(groups.get(number)), Field.Store.NO));
                document.add(new TextField("text", text, Field.Store.NO));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
        }
    }

    static String ask(IndexSearcher searcher, Path corpus, String number, int limit) throws Exception {
        List<String> words = Files.readAllLines(corpus.resolve("words-" + number + ".txt"));
        List<String> principals = Files.readAllLines(corpus.resolve("principals-" + number + ".txt"));
        StringJoiner times = new StringJoiner(", ", "[", "]"), hits = new StringJoiner(", ", "[", "]");
        for (int i = 0; i < words.size(); i++) {
            long start = System.nanoTime();
            List<String> found = best(searcher, words.get(i), principals.get(i), limit);
            times.add(String.format(Locale.ROOT, "%.4f", (System.nanoTime() - start) / 1e6));
            hits.add("[" + String.join(", ", found) + "]");
        }
        return "{\"milliseconds\": " + times + ", \"hits\": " + hits + "}";
    }

    static List<String> best(IndexSearcher searcher, String question, String principals, int limit) throws Exception {
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        Set<String> terms = new LinkedHashSet<>();
        try (TokenStream stream = ANALYZER.tokenStream("text", question)) {
            CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) terms.add(term.toString());
            stream.end();
        }
        for (String term : terms) any.add(new TermQuery(new Term("text", term)), BooleanClause.Occur.SHOULD);
        List<BytesRef> groups = new ArrayList<>();
        for (String group : principals.trim().split(" ")) groups.add(new BytesRef(group));
        BooleanQuery.Builder visible = new BooleanQuery.Builder();
        visible.add(any.build(), BooleanClause.Occur.MUST).add(new TermInSetQuery("group", groups), BooleanClause.Occur.FILTER);
        List<String> found = new ArrayList<>();
        StoredFields stored = searcher.storedFields();
        for (ScoreDoc hit : searcher.search(visible.build(), limit).scoreDocs) found.add(stored.document(hit.doc).getField("id").numericValue().toString());
        return found;
    }
}
