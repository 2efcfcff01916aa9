package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"
)

// describe writes the OpenAPI 3.1 document from the endpoints themselves: the served and the described API cannot differ.
func describe(endpoints []endpoint, version string) ([]byte, error) {
	r := openapi31.NewReflector()
	r.JSONSchemaReflector().DefaultOptions = append(r.JSONSchemaReflector().DefaultOptions, jsonschema.InterceptDefName(schemaName))
	r.Spec.Info.WithTitle("半亩园 Banmuyuan").WithVersion(version).WithDescription(
		"Pre-ordering produce from the households that grow it. Money is whole fen (CNY), weights are grams, quantities are " +
			"whole numbers of a product's order unit, times are RFC 3339. Errors are application/problem+json (RFC 9457) and name the " +
			"field. A command that says so takes an Idempotency-Key: the same key and body give the same answer, another body is 409. " +
			"The others say what is to be so, or name by an id of the caller's or of a paper what happened: again they change nothing. " +
			"Lists give a cursor for the next page. Answers carry an ETag.")
	r.Spec.SetHTTPBearerTokenSecurity("session", "token", "The token of POST /sessions; browsers send the session cookie instead.")
	for _, e := range endpoints {
		oc, err := r.NewOperationContext(e.method, Prefix+e.path)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", e.method, e.path, err)
		}
		oc.SetID(e.name)
		oc.SetTags(e.tag)
		oc.SetSummary(e.summary)
		if t := reflect.TypeOf(e.in).Elem(); t.Kind() == reflect.Struct && t.NumField() > 0 {
			oc.AddReqStructure(e.in)
		}
		if e.raw != "" {
			oc.AddRespStructure(nil, openapi.WithHTTPStatus(e.status), openapi.WithContentType(e.raw))
		} else {
			oc.AddRespStructure(e.out, openapi.WithHTTPStatus(e.status))
		}
		statuses := []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
		if !e.access.public {
			statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
			oc.AddSecurity("session")
		}
		if e.method != http.MethodGet {
			statuses = append(statuses, http.StatusBadRequest, http.StatusConflict)
		}
		if slices.Contains([]byte(e.path), '{') {
			statuses = append(statuses, http.StatusNotFound)
		}
		slices.Sort(statuses)
		for _, s := range statuses {
			oc.AddRespStructure(new(Problem), openapi.WithHTTPStatus(s), openapi.WithContentType(ProblemType), func(cu *openapi.ContentUnit) {
				cu.Description = http.StatusText(s)
			})
		}
		if err := r.AddOperation(oc); err != nil {
			return nil, fmt.Errorf("%s %s: %w", e.method, e.path, err)
		}
	}
	return json.Marshal(r.Spec)
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	document, err := a.document()
	if err != nil {
		a.fail(w, r, fmt.Errorf("describe api: %w", err))
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(document)))
	send(w, r, http.StatusOK, document, tagOf(document), "public, max-age=60")
}
