import jakarta.jws.WebService;
import jakarta.xml.ws.Endpoint;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import no.arkivverket.noark.exchange.NoarkExchange;
import no.arkivverket.noark.exchange.SOAPport;
import no.arkivverket.noark.exchange.types.AddressType;
import no.arkivverket.noark.exchange.types.AppReceiptType;
import no.arkivverket.noark.exchange.types.AppReceiptTypeType;
import no.arkivverket.noark.exchange.types.EnvelopeType;
import no.arkivverket.noark.exchange.types.GetCanReceiveMessageRequest;
import no.arkivverket.noark.exchange.types.GetCanReceiveMessageResponse;
import no.arkivverket.noark.exchange.types.PutMessageRequest;
import no.arkivverket.noark.exchange.types.PutMessageResponse;
import no.arkivverket.noark.exchange.types.StatusMessageType;
import no.arkivverket.noark4_1_ws_wd.types.AvsmotType;
import no.arkivverket.noark4_1_ws_wd.types.JournpostType;
import no.arkivverket.noark4_1_ws_wd.types.MeldingType;
import no.arkivverket.noark4_1_ws_wd.types.NoarksakType;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * An archive in JAX-WS, made of the served WSDL: it publishes through the SOAP door, and has a
 * SOAP service of its own that takes what comes home.
 *
 * usage: Archive WSDL EINNSYN PORT, until its input ends. Prints a line for everything that
 * is answered and everything that comes, its parts with tabs between.
 */
public final class Archive {
    private static final String NOARK = "http://www.arkivverket.no/Noark4-1-WS-WD/types";
    private static final PrintStream OUT =
            new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        Endpoint home = Endpoint.publish("http://127.0.0.1:" + args[2] + "/arkiv", new Home());
        NoarkExchange service = new NoarkExchange(URI.create(args[0]).toURL());
        SOAPport port = service.getNoarkExchangePort();
        for (String orgnr : new String[] {args[1], "974764687"}) {
            GetCanReceiveMessageRequest asked = new GetCanReceiveMessageRequest();
            asked.setReceiver(address(orgnr));
            tell("can", orgnr, String.valueOf(port.getCanReceiveMessage(asked).isResult()));
        }
        // A value of a generated class: its type is told, its parts stand in the payload.
        put(port, args[1], "java-typed", melding("90130", "Svar om skjenkebevilling"));
        MeldingType wrong = melding("90131", "Svar");
        wrong.getJournpost().setJpNdoktype("brev");
        put(port, args[1], "java-wrong", wrong);
        while (System.in.read() != -1) {}
        home.stop();
    }

    private static void put(SOAPport port, String einnsyn, String id, Object payload) {
        EnvelopeType envelope = new EnvelopeType();
        envelope.setConversationId(id);
        envelope.setContentNamespace(NOARK);
        envelope.setSender(address(""));
        envelope.getSender().setRef("sak 417");
        envelope.setReceiver(address(einnsyn));
        PutMessageRequest request = new PutMessageRequest();
        request.setEnvelope(envelope);
        request.setPayload(payload);
        AppReceiptType answer = port.putMessage(request).getResult();
        StringBuilder said = new StringBuilder();
        for (StatusMessageType message : answer.getMessage()) {
            said.append(message.getText()).append(' ');
        }
        tell("put", id, answer.getType().value(), said.toString());
    }

    private static MeldingType melding(String number, String title) {
        JournpostType post = new JournpostType();
        post.setJpJaar("2026");
        post.setJpSeknr(number);
        post.setJpJpostnr("8");
        post.setJpJdato("2026-11-24");
        post.setJpNdoktype("U");
        post.setJpInnhold(title);
        AvsmotType party = new AvsmotType();
        party.setAmIhtype("1");
        party.setAmNavn("Nabolaget AS");
        post.getAvsmot().add(party);
        NoarksakType sak = new NoarksakType();
        sak.setSaSaar("2026");
        sak.setSaSeknr("417");
        sak.setSaTittel("Skjenkebevilling Fjordkroa");
        MeldingType melding = new MeldingType();
        melding.setJournpost(post);
        melding.setNoarksak(sak);
        return melding;
    }

    private static AddressType address(String orgnr) {
        AddressType address = new AddressType();
        address.setOrgnr(orgnr);
        return address;
    }

    private static synchronized void tell(String... parts) {
        OUT.println(String.join("\t", parts).replace('\n', ' '));
    }

    /** The archive's own service. */
    @WebService(
            endpointInterface = "no.arkivverket.noark.exchange.SOAPport",
            targetNamespace = "http://www.arkivverket.no/Noark/Exchange",
            serviceName = "noarkExchange",
            portName = "NoarkExchangePort")
    public static final class Home implements SOAPport {
        @Override
        public GetCanReceiveMessageResponse getCanReceiveMessage(
                GetCanReceiveMessageRequest request) {
            return new GetCanReceiveMessageResponse();
        }

        @Override
        public PutMessageResponse putMessage(PutMessageRequest request) {
            EnvelopeType envelope = request.getEnvelope();
            AppReceiptType answer = new AppReceiptType();
            answer.setType(AppReceiptTypeType.OK);
            try {
                Element root = parse((String) request.getPayload());
                String to = envelope.getReceiver().getRef();
                tell(
                        "came",
                        envelope.getConversationId(),
                        root.getLocalName(),
                        root.getAttribute("type"),
                        to == null ? "" : to,
                        texts(root));
            } catch (Exception e) {
                tell("failed", e.toString());
                answer.setType(AppReceiptTypeType.ERROR);
            }
            PutMessageResponse response = new PutMessageResponse();
            response.setResult(answer);
            return response;
        }

        private static Element parse(String text) throws Exception {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            InputSource source = new InputSource(new StringReader(text));
            Document document = factory.newDocumentBuilder().parse(source);
            return document.getDocumentElement();
        }

        /** Every element without elements in it: its name and its text. */
        private static String texts(Element root) {
            StringBuilder texts = new StringBuilder();
            NodeList all = root.getElementsByTagName("*");
            for (int i = 0; i < all.getLength(); i++) {
                Element element = (Element) all.item(i);
                if (element.getElementsByTagName("*").getLength() == 0) {
                    String code = ((Element) element.getParentNode()).getAttribute("code");
                    texts.append(code.isEmpty() ? element.getLocalName() : code);
                    texts.append('=').append(element.getTextContent()).append(' ');
                }
            }
            return texts.toString();
        }
    }
}
