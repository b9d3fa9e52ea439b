//! Table: what a refusal is called, its HTTP status and its words.
//!
//! Clients match on `exception`, so the Java access point's class names are kept as
//! opaque labels (rest-api §3.2, §3.3). Where it answered 500 to a mistake of the
//! caller, the label stays and the status is 400. Each `{}` takes one argument.

use axum::http::StatusCode;

/// A kind of refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) status: StatusCode,
    /// None where the Java access point names no exception.
    pub(crate) exception: Option<&'static str>,
    pub(crate) text: &'static str,
}

macro_rules! labels {
    ($($name:ident $status:ident $prefix:tt $class:literal : $text:expr;)*) => {
        $(pub(crate) const $name: Label = Label {
            status: StatusCode::$status,
            exception: Some(concat!(prefix!($prefix), $class)),
            text: $text,
        };)*

        /// All that carry an exception's name, for the tests.
        #[cfg(test)]
        pub(crate) const ALL: &[Label] = &[$($name,)*];
    };
}

macro_rules! prefix {
    (ndm) => {
        "no.difi.meldingsutveksling.exceptions."
    };
    (web) => {
        "org.springframework.web."
    };
    (spring) => {
        "org.springframework."
    };
    (java) => {
        "java.lang."
    };
    (_) => {
        ""
    };
}

labels! {
    // The house rules of messages.
    MESSAGE_NOT_FOUND NOT_FOUND ndm "MessageNotFoundException":
        "Message with messageId = {} was not found";
    MESSAGE_NOT_LOCKED BAD_REQUEST ndm "MessageNotLockedException":
        "Message with messageId = {} was not locked";
    MESSAGE_EXISTS BAD_REQUEST ndm "MessageAlreadyExistsException":
        "Message with messageId = {} already exists";
    DUPLICATE_FILENAME BAD_REQUEST ndm "DuplicateFilenameException":
        "Filename already exists in message: {}.";
    MISSING_FILE BAD_REQUEST ndm "MissingFileException":
        "There must always be at least one attachment";
    TOO_LARGE BAD_REQUEST ndm "MaxFileSizeExceededException":
        "The combined file size for all attachments ({}) exceeds the maximum allowed \
         upload size for the target service (DPE, {})";
    PART_TOO_LARGE BAD_REQUEST ndm "MultipartFileToLargeException":
        "The attachment named '{}' is too large. The maximum size for multipart \
         requests is {} bytes. Please use the non-multipart API to avoid such problems.";
    RECEIVER_REFUSES BAD_REQUEST ndm "ReceiverDoesNotAcceptProcessException":
        "Receiver do not accept the document process {}";
    SERVICE_DISABLED BAD_REQUEST ndm "ServiceNotEnabledException":
        "Service {} is not enabled";
    TYPE_MISFIT BAD_REQUEST ndm "MessageTypeDoesNotFitDocumentTypeException":
        "Message type {} does not match the document type {}";
    LEVETID_UTLOPT BAD_REQUEST ndm "TimeToLiveException":
        "ExpectedResponseDateTime {} has been exceeded. Please resend the message";
    CERTIFICATE BAD_REQUEST ndm "InvalidCertificateException": "{}";
    UNREADABLE INTERNAL_SERVER_ERROR ndm "AsicReadException":
        "The package of message {} cannot be opened: {}. The message is kept";
    CONVERSATION_NOT_FOUND NOT_FOUND ndm "ConversationNotFoundException":
        "Conversation with id = {} was not found";
    IDENTIFIER_NOT_FOUND NOT_FOUND ndm "IdentifierNotFoundException":
        "--no.difi.meldingsutveksling.exceptions.IdentifierNotFoundException-- [{}]";
    SUBSCRIPTION_NOT_FOUND NOT_FOUND ndm "SubscriptionNotFoundException":
        "Subscription with id = {} was not found";
    SUBSCRIPTION_EXISTS BAD_REQUEST
        ndm "SubscriptionWithSameNameAndPushEndpointAlreadyExists":
        "Subscription with same name and push endpoint already exists.";

    // What the request itself gets wrong.
    INVALID BAD_REQUEST web "bind.MethodArgumentNotValidException":
        "Validation failed for object='{}'. Error count: {}";
    INVALID_PART BAD_REQUEST _ "jakarta.validation.ConstraintViolationException": "{}";
    NOT_READABLE BAD_REQUEST
        spring "http.converter.HttpMessageNotReadableException": "{}";
    ARGUMENT BAD_REQUEST java "IllegalArgumentException": "{}";
    STATE BAD_REQUEST java "IllegalStateException": "{}";
    NO_NULL BAD_REQUEST java "NullPointerException": "{}";
    NUMBER BAD_REQUEST java "NumberFormatException": "For input string: \"{}\"";
    MISMATCH BAD_REQUEST
        web "method.annotation.MethodArgumentTypeMismatchException":
        "Method parameter '{}': Failed to convert value of type 'java.lang.String' to \
         required type '{}'; {}";
    MISSING_HEADER BAD_REQUEST web "bind.MissingRequestHeaderException":
        "Required header '{}' is not present.";
    MISSING_PART BAD_REQUEST web "bind.MissingServletRequestParameterException":
        "Required parameter '{}' is not present.";
    MULTIPART BAD_REQUEST web "multipart.MultipartException":
        "Failed to parse multipart servlet request";
    PROPERTY BAD_REQUEST spring "data.mapping.PropertyReferenceException":
        "No property '{}' found for type '{}'";
    ENUM_CONSTANT BAD_REQUEST spring "dao.InvalidDataAccessApiUsageException":
        "No enum constant no.difi.meldingsutveksling.ServiceIdentifier.{}";
    ENUM_CONVERSION BAD_REQUEST
        spring "core.convert.ConversionFailedException":
        "Failed to convert from type [java.lang.String] to type \
         [no.difi.meldingsutveksling.ServiceIdentifier] for value [{}]";
    MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE web "HttpMediaTypeNotSupportedException":
        "Content-Type '{}' is not supported.";
    NO_MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE web "HttpMediaTypeNotSupportedException":
        "Invalid mime type \"{}\": does not contain '/'";
    METHOD METHOD_NOT_ALLOWED web "HttpRequestMethodNotSupportedException":
        "Method '{}' is not supported.";
    NO_RESOURCE NOT_FOUND web "servlet.resource.NoResourceFoundException":
        "No static resource {}.";
    BODY_TOO_LARGE PAYLOAD_TOO_LARGE web "multipart.MaxUploadSizeExceededException":
        "Maximum upload size exceeded";

    // What is not the caller's doing.
    UNREACHABLE SERVICE_UNAVAILABLE web "client.ResourceAccessException": "{}";
}

/// A path that could mean two things is not guessed at, nor is a method.
pub(crate) const BAD_PATH: Label = Label {
    status: StatusCode::BAD_REQUEST,
    exception: None,
    text: "No message available",
};

/// No credentials, or wrong ones.
pub(crate) const UNAUTHORIZED: Label = Label {
    status: StatusCode::UNAUTHORIZED,
    exception: None,
    text: "Unauthorized",
};

/// Credentials that are not good for this part of the API.
pub(crate) const FORBIDDEN: Label = Label {
    status: StatusCode::FORBIDDEN,
    exception: None,
    text: "Forbidden",
};

/// More requests than the door lets pass.
pub(crate) const TOO_MANY: Label = Label {
    status: StatusCode::TOO_MANY_REQUESTS,
    exception: None,
    text: "Too many requests. Try again in a second",
};

/// Ours to mend; the log says what.
pub(crate) const OURS: Label = Label {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    exception: None,
    text: "The access point failed; its log says why. Nothing was changed",
};
