import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Reads one R4 resource a line and says what is wrong with it: {@code LINE<TAB>LOCATION<TAB>MESSAGE} for each error.
 *
 * <p>Code systems that come with no validator (CPT, HCPCS, RxNorm, NDC) are no error; a reference of the wrong type is.
 */
public final class Validator {

    public static void main(String[] arguments) throws IOException {
        FhirValidator validator = validator();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            for (SingleValidationMessage said : validator.validateWithResult(line).getMessages()) {
                if (said.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0) {
                    System.out.println(number + "\t" + said.getLocationString() + "\t" + said.getMessage());
                }
            }
        }
        System.out.println("checked " + number);
    }

    private static FhirValidator validator() {
        FhirContext fhir = FhirContext.forR4();
        UnknownCodeSystemWarningValidationSupport notBundled = new UnknownCodeSystemWarningValidationSupport(fhir);
        notBundled.setNonExistentCodeSystemSeverity(IssueSeverity.INFORMATION);
        FhirInstanceValidator profiles = new FhirInstanceValidator(new ValidationSupportChain(
                new DefaultProfileValidationSupport(fhir),
                new CommonCodeSystemsTerminologyService(fhir),
                new InMemoryTerminologyServerValidationSupport(fhir),
                notBundled));
        profiles.setAnyExtensionsAllowed(true);
        profiles.setAssumeValidRestReferences(true);
        profiles.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        return fhir.newValidator().registerValidatorModule(profiles);
    }

    private Validator() {}
}
