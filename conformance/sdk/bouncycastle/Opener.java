import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSEnvelopedDataParser;
import org.bouncycastle.cms.CMSEnvelopedDataStreamGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Opens a package as the Java access point and its consumers do: BouncyCastle for CMS, the
 * JDK's ZipInputStream for the container. Also times both ways, for the bench.
 */
public final class Opener {
    private static final String LIST = "META-INF/ASiCManifest.xml";

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(args[1])) {
            store.load(file, args[2].toCharArray());
        }
        String alias = store.aliases().nextElement();
        PrivateKey key = (PrivateKey) store.getKey(alias, args[2].toCharArray());
        X509Certificate certificate = (X509Certificate) store.getCertificate(alias);
        switch (args[0]) {
            case "open" -> open(args[3], key);
            case "bench" -> bench(args[3], Integer.parseInt(args[4]), key, certificate);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static InputStream decrypt(InputStream in, PrivateKey key) throws Exception {
        CMSEnvelopedDataParser parser = new CMSEnvelopedDataParser(in);
        RecipientInformation recipient =
            parser.getRecipientInfos().getRecipients().iterator().next();
        return recipient
            .getContentStream(new JceKeyTransEnvelopedRecipient(key).setProvider("BC"))
            .getContentStream();
    }

    private static void open(String path, PrivateKey key) throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (InputStream in = new FileInputStream(path);
                InputStream clear = decrypt(in, key);
                ZipInputStream zip = new ZipInputStream(clear)) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                if (files.put(entry.getName(), zip.readAllBytes()) != null) {
                    throw new IllegalStateException("twice: " + entry.getName());
                }
            }
            // The directory, which it does not look at; the padding comes behind it.
            clear.transferTo(OutputStream.nullOutputStream());
        }
        if (!files.keySet().iterator().next().equals("mimetype")) {
            throw new IllegalStateException("mimetype is not first");
        }
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        byte[] list = files.get(LIST);
        Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(list));
        Element reference = (Element) elements(document, "SigReference").item(0);
        verify(files.get(reference.getAttribute("URI")), list);
        NodeList all = elements(document, "DataObjectReference");
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (int i = 0; i < all.getLength(); i++) {
            Element one = (Element) all.item(i);
            String name = one.getAttribute("URI");
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(files.get(name));
            String said = one.getElementsByTagNameNS("*", "DigestValue").item(0).getTextContent();
            if (!MessageDigest.isEqual(sum, Base64.getDecoder().decode(said.trim()))) {
                throw new IllegalStateException("another digest: " + name);
            }
            out.println(HexFormat.of().formatHex(sum) + " " + name);
        }
    }

    private static NodeList elements(Document document, String name) {
        return document.getElementsByTagNameNS("http://uri.etsi.org/02918/v1.2.1#", name);
    }

    private static void verify(byte[] signature, byte[] content) throws Exception {
        CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), signature);
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        X509CertificateHolder by =
            (X509CertificateHolder) signed.getCertificates().getMatches(signer.getSID()).iterator().next();
        if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(by))) {
            throw new IllegalStateException("the signature does not hold");
        }
    }

    /** Encrypt a file and decrypt that, so many times; prints both best times in seconds. */
    private static void bench(
            String path, int rounds, PrivateKey key, X509Certificate certificate) throws Exception {
        double sealed = Double.MAX_VALUE;
        double opened = Double.MAX_VALUE;
        String package_ = path + ".bc.p7m";
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            CMSEnvelopedDataStreamGenerator generator = new CMSEnvelopedDataStreamGenerator();
            generator.addRecipientInfoGenerator(
                new JceKeyTransRecipientInfoGenerator(certificate).setProvider("BC"));
            try (InputStream in = new FileInputStream(path);
                    OutputStream file = new FileOutputStream(package_);
                    OutputStream out = generator.open(file,
                        new JceCMSContentEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC)
                            .setProvider("BC").build())) {
                in.transferTo(out);
            }
            long middle = System.nanoTime();
            try (InputStream in = new FileInputStream(package_)) {
                decrypt(in, key).transferTo(OutputStream.nullOutputStream());
            }
            sealed = Math.min(sealed, (middle - start) / 1e9);
            opened = Math.min(opened, (System.nanoTime() - middle) / 1e9);
        }
        System.out.println(sealed + " " + opened);
    }
}
