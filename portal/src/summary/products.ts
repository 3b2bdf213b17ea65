/** Microsoft's names of the products that are sold most, by the part number Graph tells. */

const PRODUCTS: Readonly<Record<string, string>> = {
  AAD_PREMIUM: "Microsoft Entra ID P1",
  AAD_PREMIUM_P2: "Microsoft Entra ID P2",
  DESKLESSPACK: "Office 365 F3",
  EMS: "Enterprise Mobility + Security E3",
  EMSPREMIUM: "Enterprise Mobility + Security E5",
  ENTERPRISEPACK: "Office 365 E3",
  ENTERPRISEPREMIUM: "Office 365 E5",
  EXCHANGEENTERPRISE: "Exchange Online (Plan 2)",
  EXCHANGESTANDARD: "Exchange Online (Plan 1)",
  FLOW_FREE: "Power Automate Free",
  INTUNE_A: "Intune Plan 1",
  M365_F1: "Microsoft 365 F1",
  Microsoft_365_Copilot: "Microsoft 365 Copilot",
  O365_BUSINESS: "Microsoft 365 Apps for business",
  O365_BUSINESS_ESSENTIALS: "Microsoft 365 Business Basic",
  O365_BUSINESS_PREMIUM: "Microsoft 365 Business Standard",
  OFFICESUBSCRIPTION: "Microsoft 365 Apps for enterprise",
  POWER_BI_PRO: "Power BI Pro",
  POWER_BI_STANDARD: "Microsoft Fabric (Free)",
  PROJECTPROFESSIONAL: "Project Plan 3",
  SPB: "Microsoft 365 Business Premium",
  SPE_E3: "Microsoft 365 E3",
  SPE_E5: "Microsoft 365 E5",
  SPE_F1: "Microsoft 365 F3",
  STANDARDPACK: "Office 365 E1",
  VISIOCLIENT: "Visio Plan 2",
};

/** The part number itself where there is no better name. */
export const productName = (partNumber: string): string =>
  (Object.hasOwn(PRODUCTS, partNumber) && PRODUCTS[partNumber]) || partNumber;
