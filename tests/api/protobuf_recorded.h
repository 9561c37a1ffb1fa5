#pragma once

// What kubectl 1.33 sent: the body of the request in base64, and the JSON that the same command
// says it would send (`--dry-run=client -o json`).

namespace weir::rest {

struct Recorded {
  const char* command;
  const char* body;
  const char* document;
};

inline constexpr Recorded kRecorded[] = {
    {"kubectl create deployment web --image=weir-demo:v1 --replicas=0 --port=8080",
     "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EskBCiQKA3dlYhIAGgV0LXJlYyIAKgAyADgAQgBaCgoDYXBwEgN3"
     "ZWISkgEIABIMCgoKA2FwcBIDd2ViGngKHAoAEgAaACIAKgAyADgAQgBaCgoDYXBwEgN3ZWISWBI6Cgl3ZWlyLWRl"
     "bW8SDHdlaXItZGVtbzp2MSoAMgsKABAAGJA/IgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACC"
     "AQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==",
     R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"creationTimestamp":null,
        "labels":{"app":"web"},"name":"web","namespace":"t-rec"},"spec":{"replicas":0,
        "selector":{"matchLabels":{"app":"web"}},"strategy":{},
        "template":{"metadata":{"creationTimestamp":null,"labels":{"app":"web"}},
        "spec":{"containers":[{"image":"weir-demo:v1","name":"weir-demo",
        "ports":[{"containerPort":8080}],"resources":{}}]}}},"status":{}})"},
    {"kubectl create configmap settings --from-literal=a=ä --from-literal=empty= --from-file=blob",
     "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEj8KHQoIc2V0dGluZ3MSABoFdC1yZWMiACoAMgA4AEIAEgcKAWESAsOkEgkK"
     "BWVtcHR5EgAaCgoEYmxvYhICAP8aACIA",
     R"({"apiVersion":"v1","binaryData":{"blob":"AP8="},"data":{"a":"ä","empty":""},
        "kind":"ConfigMap","metadata":{"creationTimestamp":null,"name":"settings",
        "namespace":"t-rec"}})"},
    {"kubectl create secret generic key --from-literal=password=s3cret --from-literal=empty=",
     "azhzAAoMCgJ2MRIGU2VjcmV0EjsKGAoDa2V5EgAaBXQtcmVjIgAqADIAOABCABIJCgVlbXB0eRIAEhIKCHBhc3N3"
     "b3JkEgZzM2NyZXQaABoAIgA=",
     R"({"apiVersion":"v1","data":{"empty":"","password":"czNjcmV0"},"kind":"Secret",
        "metadata":{"creationTimestamp":null,"name":"key","namespace":"t-rec"}})"},
    {"kubectl create service clusterip front --tcp=80:8080 --tcp=443:https",
     "azhzAAoNCgJ2MRIHU2VydmljZRKYAQooCgVmcm9udBIAGgV0LXJlYyIAKgAyADgAQgBaDAoDYXBwEgVmcm9udBJo"
     "ChsKBzgwLTgwODASA1RDUBhQIgcIABCQPxoAKAAKIgoJNDQzLWh0dHBzEgNUQ1AYuwMiCwgBEAAaBWh0dHBzKAAS"
     "DAoDYXBwEgVmcm9udBoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA==",
     R"({"apiVersion":"v1","kind":"Service","metadata":{"creationTimestamp":null,
        "labels":{"app":"front"},"name":"front","namespace":"t-rec"},
        "spec":{"ports":[{"name":"80-8080","port":80,"protocol":"TCP",
        "targetPort":8080},{"name":"443-https","port":443,"protocol":"TCP","targetPort":"https"}],
        "selector":{"app":"front"},"type":"ClusterIP"},"status":{"loadBalancer":{}}})"},
    {"kubectl create ingress edge --rule=a.example/x*=front:80 "
     "--rule=b.example/=front:http,tls=cert",
     "azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxKWAQoZCgRlZGdlEgAaBXQtcmVjIgAqADIAOABC"
     "ABJ1EhEKCWIuZXhhbXBsZRIEY2VydBouCglhLmV4YW1wbGUSIQofCh0KAi94Eg8iDQoFZnJvbnQSBAoAEFAaBlBy"
     "ZWZpeBowCgliLmV4YW1wbGUSIwohCh8KAS8SEyIRCgVmcm9udBIICgRodHRwEAAaBUV4YWN0GgIKABoAIgA=",
     R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"creationTimestamp":null,
        "name":"edge","namespace":"t-rec"},"spec":{"rules":[{"host":"a.example",
        "http":{"paths":[{"backend":{"service":{"name":"front","port":{"number":80}}},"path":"/x",
        "pathType":"Prefix"}]}},{"host":"b.example",
        "http":{"paths":[{"backend":{"service":{"name":"front","port":{"name":"http"}}},"path":"/",
        "pathType":"Exact"}]}}],"tls":[{"hosts":["b.example"],"secretName":"cert"}]},
        "status":{"loadBalancer":{}}})"},
    {"kubectl create job once --image=weir-demo:v1 -- true",
     "azhzAAoPCghiYXRjaC92MRIDSm9iEo4BChkKBG9uY2USABoFdC1yZWMiACoAMgA4AEIAEmcyZQoQCgASABoAIgAq"
     "ADIAOABCABJREi4KBG9uY2USDHdlaXItZGVtbzp2MRoEdHJ1ZSoAQgBqAHIAgAEAiAEAkAEAogEAGgVOZXZlcjIA"
     "QgBKAFIAWABgAGgAggEAigEAmgEAwgEAGgggACgAMAA6ABoAIgA=",
     R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"creationTimestamp":null,"name":"once",
        "namespace":"t-rec"},"spec":{"template":{"metadata":{"creationTimestamp":null},
        "spec":{"containers":[{"command":["true"],"image":"weir-demo:v1","name":"once",
        "resources":{}}],"restartPolicy":"Never"}}},"status":{}})"},
    {"kubectl create namespace more",
     "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEbW9yZRIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==",
     R"({"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":null,"name":"more"},
        "spec":{},"status":{}})"},
};

}  // namespace weir::rest
